"""Live trackers: a headset and two controllers from the network, and the bodies that models make of them."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from app.dialogs.live_calibration import CalibrationRow
from app.dialogs.live_form import Listening
from app.dialogs.live_window import LiveWindow
from app.docks.panel import Panel, tipped
from app.state.preferences import Preferences
from app.state.state import State
from app.workers.bridge import Bridge
from engine.live.truth import LiveTruth
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17


class LiveTrackersWindow(LiveWindow):
    """Listens from Start until Stop."""

    TITLE, REMEMBERED, OBSERVES = "Live trackers", "live", "trackers"
    EMPTY = "Press Start, then let a headset or `kinestate send-trackers` send"

    def __init__(self, state: State, bridge: Bridge, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(state, bridge, parent, preferences=preferences)
        state.results.events.worn.connect(lambda _: self._offer_truth())
        state.document.events.clip.connect(lambda _: self._offer_truth())
        self._offer_truth()

    def truth(self) -> LiveTruth | None:
        """The clip that is open, where it is 3D and said to be what the sender plays."""
        clip, worn = self._state.document.clip, self._state.results.worn
        if not self.known.isChecked() or clip is None or clip.truth is None:
            return None
        joints = Joints(clip.times, clip.truth, H36M_17)
        return LiveTruth(joints, worn.pose if worn is not None and worn.clip is clip else None)

    def fill_panel(self, panel: Panel) -> None:
        self.form = self.listening = Listening()
        self.calibration = CalibrationRow(lambda: self.run)
        self.known = tipped(QCheckBox(), "Errors are measured against the clip that is open, by the sender's times")
        panel.column.addWidget(self.listening)
        panel.column.addWidget(self.known)

    def folds(self) -> list[tuple[str, str, QWidget]]:
        stress, outputs = super().folds()
        calibration = ("Calibration", "Height, floor, heading, and how the controllers are held", self.calibration)
        return [stress, calibration, outputs]

    def _set_running(self, running: bool) -> None:
        super()._set_running(running)
        self.known.setEnabled(not running)
        self.calibration.set_running(running)

    def _offer_truth(self) -> None:
        clip = self._state.document.clip
        name = "" if clip is None or clip.truth is None else clip.name
        self.known.setVisible(bool(name))
        self.known.setText(f"The sender plays {name}")
