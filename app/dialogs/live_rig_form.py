"""The cameras of a live run on several: calibrated ones and their feeds, or painted ones around a clip."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.fields import StatureField, add_rows, ask_button, ask_calibration, ask_folder, spin
from app.docks.panel import tipped
from app.state.preferences import Preferences
from app.widgets.segmented import Segmented
from engine.detector.library import installed
from engine.detector.published import NAMES
from engine.errors import InputError
from engine.experiment.settings import MOST_PEOPLE, CameraSource, Rig, VirtualRig
from engine.experiment.sources import builtin_clips
from engine.live.feeds.cameras.opening import SYNTHETIC
from engine.live.rig.feed import PEOPLE
from engine.observation.virtual_rig import ARRANGEMENTS

DETECTOR = "lite"
"""The quick one: it has several pictures at a time."""
KINDS = {
    "real": ("Calibrated", "Cameras of a calibration file, or videos of theirs that are played"),
    "painted": ("Painted", "A clip that cameras around it see, of which the truth is known"),
}
LINES = 4


class LiveRigForm(QWidget):
    """A `CameraSource` of several cameras, the rig of a painted clip, and the person's height."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._size: tuple[int, int] | None = None
        self.kind = Segmented(KINDS)
        self.calibration = QLineEdit()
        self.calibration.setPlaceholderText("calibration file of the cameras")
        self.feeds = tipped(
            QPlainTextEdit(),
            "A folder with a video named after each camera, or a line for each camera, in the calibration's order:\n"
            "a video, http://…, rtsp://… or camera:NAME",
        )
        self.feeds.setPlaceholderText("folder of videos, or a line for each camera")
        self.feeds.setFixedHeight(LINES * self.feeds.fontMetrics().lineSpacing() + 12)
        self.clip = tipped(QComboBox(), "Who is painted; the path of a 3D clip does as well")
        self.clip.setEditable(True)
        self.clip.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.clip.addItems(builtin_clips())
        self.arrangement = tipped(QComboBox(), "How the cameras stand around the clip")
        self.arrangement.addItems(ARRANGEMENTS)
        self.views = tipped(spin(QSpinBox(), 2, 8, VirtualRig().views), "How many cameras")
        self.detector = tipped(QComboBox(), "What finds people in the pictures, once for each camera")
        self.detector.addItems(installed() or NAMES)
        self.people = tipped(
            spin(QSpinBox(), 1, MOST_PEOPLE, PEOPLE),
            "People that are looked for in each camera: it may be surest of another one in every camera",
        )
        self.rate = tipped(spin(QDoubleSpinBox(), 0, 240, 0), "Pictures a second of videos and painted cameras")
        self.rate.setSpecialValueText("as they come")
        self.rate.setSuffix(" Hz")
        self.stature = StatureField("Standing height of the person")
        self._lay_out()
        self.kind.chosen.connect(self._set_kind)
        self.show_source(CameraSource(several=True, detector=DETECTOR, people=PEOPLE), None)

    def source(self) -> CameraSource:
        painted = self._kind == "painted"
        lines = [line.strip() for line in self.feeds.toPlainText().splitlines() if line.strip()]
        return CameraSource(
            where=f"{SYNTHETIC}{self.clip.currentText().strip()}" if painted else ",".join(lines) or ",",
            several=True,
            calibration="" if painted else self.calibration.text().strip(),
            detector=self.detector.currentText(),
            people=self.people.value(),
            hz=self.rate.value() or None,
            size=self._size,
        )

    def rig(self) -> VirtualRig:
        """Of a painted clip."""
        return VirtualRig(arrangement=ARRANGEMENTS[self.arrangement.currentIndex()], views=self.views.value())

    def height_m(self) -> float | None:
        return self.stature.height_m()

    def look_ahead_ms(self) -> float:
        return 0.0

    def check(self) -> None:
        """Raises InputError for what is missing."""
        if self._kind == "real" and not self.calibration.text().strip():
            raise InputError("No calibration was given; choose the file that says where the cameras stand.")
        if self._kind == "real" and not self.feeds.toPlainText().strip():
            raise InputError("No cameras were given; choose a folder of their videos, or write a line for each.")

    def show_source(self, source: CameraSource, height_m: float | None) -> None:
        painted = source.where.startswith(SYNTHETIC)
        self._set_kind("painted" if painted else "real")
        if painted:
            self.clip.setCurrentText(source.where.removeprefix(SYNTHETIC))
        else:
            self.calibration.setText(source.calibration)
            folder = Path(source.where).is_dir()
            self.feeds.setPlainText(source.where if folder else source.where.replace(",", "\n").strip())
        if self.detector.findText(source.detector) < 0:
            self.detector.addItem(source.detector)
        self.detector.setCurrentText(source.detector)
        self.people.setValue(source.people)
        self.rate.setValue(source.hz or 0)
        self.stature.show_height(height_m)
        self._size = source.size

    def show_rig(self, rig: Rig) -> None:
        if isinstance(rig, VirtualRig):
            self.arrangement.setCurrentText(rig.arrangement)
            self.views.setValue(rig.views)

    def _lay_out(self) -> None:
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        self._calibration, self._feeds = QWidget(), QWidget()
        for inside, field, tip, ask in (
            (self._calibration, self.calibration, "Calibration file …", self._ask_calibration),
            (self._feeds, self.feeds, "Folder of the cameras' videos …", self._ask_folder),
        ):
            row = QHBoxLayout(inside)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(field, 1)
            beside = QVBoxLayout()
            beside.addWidget(ask_button(tip, ask))
            beside.addStretch()
            row.addLayout(beside)
        self._rig = QWidget()
        stand = QHBoxLayout(self._rig)
        stand.setContentsMargins(0, 0, 0, 0)
        stand.addWidget(self.arrangement, 1)
        stand.addWidget(self.views)
        add_rows(
            form,
            {
                "Cameras": self.kind,
                "Calibration": self._calibration,
                "Feeds": self._feeds,
                "Clip": self.clip,
                "Stand": self._rig,
                "Detector": self.detector,
                "People": self.people,
                "Rate": self.rate,
                "Height": self.stature,
            },
        )

    def _set_kind(self, kind: str) -> None:
        self._kind = kind
        self.kind.set_choice(kind)
        for row, of in ((self._calibration, "real"), (self._feeds, "real"), (self.clip, "painted"),
                        (self._rig, "painted")):  # fmt: skip
            self._form.setRowVisible(row, of == kind)

    def _ask_calibration(self) -> None:
        self.calibration.setText(ask_calibration(self, self._preferences) or self.calibration.text())

    def _ask_folder(self) -> None:
        folder = ask_folder(self, "Folder of the cameras' videos", self._preferences)
        self.feeds.setPlainText(folder or self.feeds.toPlainText())
