"""Calibration of a live run by a button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.docks.panel import hint, tipped
from app.widgets.sliders import label
from engine.errors import InputError
from engine.live.run import LiveRun

WORN = (("between the eyes", "eyes"), ("at the head joint", "joint"))


class CalibrationRow(QWidget):
    """run() gives the run that is calibrated; its models begin anew."""

    def __init__(self, run: Callable[[], LiveRun | None]) -> None:
        super().__init__()
        self._run = run
        self.button = tipped(QPushButton("Calibrate"), "Stand straight and still, look ahead, then press")
        self.button.clicked.connect(self.calibrate)
        self.worn = tipped(QComboBox(), "Where the headset's own point is")
        for text, worn in WORN:
            self.worn.addItem(text, worn)
        self.t_pose = tipped(QCheckBox("T-pose"), "Arms stretched out, palms down: finds how the controllers are held")
        self.said = hint("Stand straight and still, look ahead, then press: height, floor and heading.")
        above, row = QHBoxLayout(), QHBoxLayout()
        above.addWidget(label("headset", "muted"))
        above.addWidget(self.worn, 1)
        row.addWidget(self.button)
        row.addWidget(self.t_pose)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for layout in (above, row):
            column.addLayout(layout)
        column.addWidget(self.said)

    def set_running(self, running: bool) -> None:
        self.button.setEnabled(running)

    def calibrate(self) -> None:
        """On the latest frames."""
        run = self._run()
        if run is None:
            return
        try:
            found = run.calibrate(worn=self.worn.currentData(), t_pose=self.t_pose.isChecked())
        except InputError as error:
            self.said.setText(str(error))
        else:
            self.said.setText(f"{found.height_m:.2f} m tall; stands at the origin.")
