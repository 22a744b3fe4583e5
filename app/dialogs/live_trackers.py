"""Live trackers: a headset and two controllers from the network, and the body that a model makes of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.dialogs.tool import Tool
from app.docks.panel import hint, tipped, wrap
from app.look.theme import model_colour
from app.present.live import counts_of, figures_of, state_of
from app.state.state import State
from app.view3d.body_item import BodyItem
from app.view3d.newest_body import NewestBody
from app.view3d.viewport import Viewport
from app.widgets.run_bar import RunBar
from app.widgets.sliders import label
from app.workers.bridge import Bridge
from app.workers.inference import Priority
from app.workers.live import LiveSettings, StartLive
from engine.errors import InputError
from engine.kinds import as_body
from engine.live.feeds.osc import LOOPBACK, PORT
from engine.live.run import LiveRun
from engine.live.tick import Tick
from engine.models.families import list_models
from engine.motion.pose import BodyPose
from engine.motion.stature import ASSUMED_HEIGHT_M

Float = NDArray[np.float64]

SHOW_MS, SAY_MS = 33, 250
PAUSE = 3.0
"""Times as long as drawing takes: the model comes first."""
CATCH_UP, STILL_M = 0.08, 1e-4
"""The share of its way to the person that the camera makes up with each picture, and the least move that shows."""
WHERE = (("This computer only", LOOPBACK), ("The whole network", "0.0.0.0"))
WORN = (("between the eyes", "eyes"), ("at the head joint", "joint"))


class LiveTrackersWindow(Tool):
    """Listens from Start until Stop, or until it is closed."""

    def __init__(self, state: State, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent, "Live trackers", QSize(820, 680))
        self._state, self._bridge = state, bridge
        self._models = bridge.inference.models(Priority.SHOWN)
        self._worker = bridge.worker("live")
        self._job: StartLive | None = None
        self.run: LiveRun | None = None
        self._shown: Tick | None = None
        self._body: NewestBody | None = None
        self._followed: Float = np.zeros(3)
        self.column.addLayout(self._make_form())
        self.column.addLayout(self._make_calibration())
        self.viewport = Viewport()
        self.viewport.set_empty_text("Press Start, then let a headset or `kinestate send-trackers` send")
        self.viewport.set_follow(False)
        self.column.addWidget(self.viewport, 1)
        self.said, self.figures = hint(""), label("", "value")
        wrap(self.figures)
        self.column.addWidget(self.figures)
        self.column.addWidget(self.said)
        self.bar = RunBar(state, "Start", "Listen, and run the model on every frame as it comes")
        self.column.addWidget(self.bar)
        self.bar.run.connect(self.start)
        self.bar.stop.connect(self.stop)
        self._worker.report_to(done=self._on_started, failed=self._on_failed, progress=self.bar.set_progress)
        self._showing, self._saying = QTimer(self, interval=SHOW_MS), QTimer(self, interval=SAY_MS)
        self._showing.timeout.connect(self._show)
        self._saying.timeout.connect(self._say)
        state.view.events.theme.connect(self.viewport.set_theme)
        self.viewport.set_theme(state.view.theme)
        self._set_running(False)
        self._say()

    def closed(self) -> None:
        self.stop()

    def start(self) -> None:
        """Load the model, then listen."""
        self.stop()
        chosen = LiveSettings(
            self.model.currentText(),
            self.port.value(),
            self.address.currentData(),
            self.left.text().strip(),
            self.right.text().strip(),
            self.stature.value(),
        )
        self._job = StartLive(self._models, chosen)
        self._set_running(True)
        self._worker.submit(self._job)

    def stop(self) -> None:
        """Stop listening; the last pose stays on show."""
        self._job = None
        self._worker.cancel()
        if self.run is not None:
            self.run.stop(1.0)
        self._set_running(False)
        self._say()

    def calibrate(self) -> None:
        """On the latest frames; the model begins anew."""
        if self.run is None:
            return
        try:
            found = self.run.calibrate(worn=self.worn.currentData(), t_pose=self.t_pose.isChecked())
        except InputError as error:
            self.calibrated.setText(str(error))
        else:
            self.calibrated.setText(f"{found.height_m:.2f} m tall; stands at the origin.")

    # -- parts ----------------------------------------------------------------------------------------------

    def _make_form(self) -> QHBoxLayout:
        entries = [entry for entry in list_models() if entry.bare_card.observes == "trackers"]
        entries = [entry for entry in entries if entry.bare_card.streams != "no"]
        entries.sort(key=lambda entry: (not entry.trained, entry.bare_card.streams != "step"))
        self.model = tipped(QComboBox(), "Models that observe trackers; those that are trained come first")
        for entry in entries:
            self.model.addItem(entry.name)
        self.port = tipped(QSpinBox(), "UDP port; VMC's senders send to 39539")
        self.port.setRange(1, 65535)
        self.port.setValue(PORT)
        self.address = tipped(QComboBox(), "From where packets are taken")
        for text, address in WHERE:
            self.address.addItem(text, address)
        self.left = tipped(QLineEdit(), "Name or serial number of the left hand's device")
        self.right = tipped(QLineEdit(), "Name or serial number of the right hand's device")
        for edit in (self.left, self.right):
            edit.setPlaceholderText("by its name")
        self.stature = tipped(QDoubleSpinBox(), "Standing height; a calibration finds it")
        self.stature.setRange(0.8, 2.5)
        self.stature.setSingleStep(0.01)
        self.stature.setSuffix(" m")
        self.stature.setValue(ASSUMED_HEIGHT_M)
        row = QHBoxLayout()
        for fields in (
            (("Model", self.model), ("Height", self.stature)),
            (("Listens to", self.address), ("Port", self.port)),
            (("Left hand", self.left), ("Right hand", self.right)),
        ):
            form = QFormLayout()
            for name, widget in fields:
                form.addRow(label(name, "muted"), widget)
            row.addLayout(form, 1)
        return row

    def _make_calibration(self) -> QHBoxLayout:
        self.button = tipped(QPushButton("Calibrate"), "Stand straight and still, look ahead, then press")
        self.button.clicked.connect(self.calibrate)
        self.worn = tipped(QComboBox(), "Where the headset's own point is")
        for text, worn in WORN:
            self.worn.addItem(text, worn)
        self.t_pose = tipped(QCheckBox("T-pose"), "Arms stretched out, palms down: finds how the controllers are held")
        self.calibrated = hint("Stand straight and still, look ahead, then press: height, floor and heading.")
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(label("headset", "muted"))
        row.addWidget(self.worn)
        row.addWidget(self.t_pose)
        row.addWidget(self.calibrated, 1)
        return row

    # -- what comes -----------------------------------------------------------------------------------------

    def _set_running(self, running: bool) -> None:
        self.bar.set_running(running)
        self.bar.set_progress(0.0, "")
        for widget in (self.model, self.port, self.address, self.left, self.right, self.stature):
            widget.setEnabled(not running)
        self.button.setEnabled(running)
        for timer in (self._showing, self._saying):
            timer.start() if running else timer.stop()

    def _on_started(self, job: StartLive, run: LiveRun) -> None:
        if job is not self._job:
            run.stop()  # closed or stopped meanwhile
            return
        self.run, self._shown = run, None
        self.bar.set_progress(1.0, "")
        self.bar.progress.hide()

    def _on_failed(self, job: StartLive, error: Exception) -> None:
        if job is self._job:
            self.bar.set_progress(1.0, self._bridge.say_failed(error, "Live trackers"))
            self._set_running(False)

    def _show(self) -> None:
        """Draw the newest prediction, if it has not been drawn."""
        run = self.run
        if run is None:
            return
        if run.state == "failed":
            self._set_running(False)
            self._say()
            return
        tick = run.tracks[0].latest
        pose = None if tick is None or tick is self._shown else as_body(tick.prediction)
        if tick is None or pose is None:
            return
        self._shown = tick
        if self._body is None or not self._body.fits(pose):
            self._body = NewestBody(pose)
            item = BodyItem("live", self.model.currentText(), self._body, colour=model_colour(0))
            self.viewport.set_items([item])
            self._followed = _place(pose)
        else:
            self._body.show(pose)
            self._follow(_place(pose))
        self.viewport.set_time(tick.time)
        self._showing.setInterval(max(SHOW_MS, round(PAUSE * self.viewport.last_draw_ms)))

    def _follow(self, place: Float) -> None:
        """Let the camera move along, a little late."""
        step = CATCH_UP * (place - self._followed)
        self._followed = self._followed + step
        if np.abs(step).max() > STILL_M:
            self.viewport.set_orbit(self.viewport.orbit.moved(step))

    def _say(self) -> None:
        self.said.setText(state_of(self.run))
        figures = [] if self.run is None else [figures_of(self.run.tracks[0]), counts_of(self.run)]
        self.figures.setText(" · ".join(filter(None, figures)))


def _place(pose: BodyPose) -> Float:
    """(3,) metres on the floor below the first frame's root."""
    return np.zeros(3) if pose.root is None else pose.root[0] * [1.0, 1.0, 0.0]
