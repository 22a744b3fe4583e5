"""The camera of a live run: which one, what finds people in it, and how large it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.dialogs.fields import StatureField, add_rows, look_ahead_field, spin
from app.dialogs.mount_fields import MountFields
from app.docks.panel import tipped
from engine.detector.library import installed
from engine.detector.published import NAMES
from engine.experiment.settings import MOST_PEOPLE, CameraSource
from engine.experiment.sources import builtin_clips
from engine.experiment.view_files import VIDEOS
from engine.live.feeds.cameras.opening import SYNTHETIC, WEBCAM

EVERYBODY = 4
"""People that are looked for where everybody is followed, until somebody says how many."""
SIZES = ((640, 480), (1280, 720), (1920, 1080))
DETECTORS = {
    "full": "full: 80 pictures a second of one core",
    "lite": "lite: for weak machines, 115 a second, less exact",
    "heavy": "heavy: the most exact, 24 a second of one core",
}


class CameraForm(QWidget):
    """A `CameraSource` and the person's height, 0 for what the camera knows or is assumed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.where = tipped(QComboBox(), "A webcam, a video, a folder of pictures, http://…, or a clip that is painted")
        self.where.setEditable(True)
        self.where.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.where.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.open = tipped(QPushButton("Video …"), "Choose a video file")
        self.open.clicked.connect(self._ask)
        self.detector = tipped(QComboBox(), "What finds people in the pictures; an ONNX file's path does as well")
        self.detector.setEditable(True)
        self.detector.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.detector.addItems(installed() or NAMES)
        for row in range(self.detector.count()):
            self.detector.setItemData(row, DETECTORS[self.detector.itemText(row)], Qt.ItemDataRole.ToolTipRole)
        self.people = tipped(
            spin(QSpinBox(), 1, MOST_PEOPLE, 1),
            "People that are looked for; click on whom to follow.\n"
            "Each takes the detector's time once more: full sees 80 pictures a second of one person on a core,\n"
            "20 of four, 8 of ten. While fewer are found, one picture in ten is searched for others.",
        )
        self.each = tipped(
            QCheckBox("Follow everybody"),
            "Each model predicts everybody who is found, each with a state of their own: its time once more for each.\n"
            "A click in the picture chooses whose curves are drawn.",
        )
        self.each.clicked.connect(self._look_for_more)
        self.pixels = tipped(QComboBox(), "Asked of a webcam or a painted clip")
        self.pixels.addItem("as it comes", None)
        for width, height in SIZES:
            self.pixels.addItem(f"{width} × {height}", (width, height))
        self.stature = StatureField("Standing height; it sets the size of everything in 3D")
        self.look_ahead = look_ahead_field()
        self.mount = MountFields()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        beside = QHBoxLayout()
        beside.addWidget(self.where, 1)
        beside.addWidget(self.open)
        counted = QHBoxLayout()
        counted.addWidget(self.people)
        counted.addWidget(self.each, 1)
        add_rows(
            form,
            {
                "Camera": beside,
                "Detector": self.detector,
                "People": counted,
                "Picture": self.pixels,
                "Height": self.stature,
                "Look-ahead": self.look_ahead,
            },
        )
        self.mount.add_to(form)
        self.look_ahead.valueChanged.connect(lambda _: self.changed.emit())
        self._hz: float | None = None
        self._view = CameraSource().view

    def find_cameras(self) -> None:
        """List the webcams that are plugged in, and clips that need none."""
        from engine.live.feeds.cameras.webcam import names_of, webcams

        text = self.where.currentText()
        self.where.clear()
        self.where.addItems([f"{WEBCAM}{name}" for name in names_of(webcams())])
        self.where.addItems([f"{SYNTHETIC}{name}" for name in builtin_clips()])
        self.where.setCurrentText(text or self.where.itemText(0))

    def source(self) -> CameraSource:
        return CameraSource(
            where=self.where.currentText().strip() or CameraSource().where,
            detector=self.detector.currentText().strip() or CameraSource().detector,
            people=self.people.value(),
            follow="each" if self.each.isChecked() else "one",
            size=self.pixels.currentData(),
            hz=self._hz,
            view=self._view,
            look_ahead_ms=self.look_ahead.value(),
            **self.mount.given(),
        )

    def height_m(self) -> float | None:
        return self.stature.height_m()

    def look_ahead_ms(self) -> float:
        return self.look_ahead.value()

    def show_source(self, source: CameraSource, height_m: float | None) -> None:
        self.where.setCurrentText(source.where)
        self.detector.setCurrentText(source.detector)
        self.people.setValue(source.people)
        self.each.setChecked(source.follow == "each")
        if self.pixels.findData(source.size) < 0 and source.size is not None:
            self.pixels.addItem(f"{source.size[0]} × {source.size[1]}", source.size)
        self.pixels.setCurrentIndex(max(self.pixels.findData(source.size), 0))
        self.stature.show_height(height_m)
        self.look_ahead.setValue(round(source.look_ahead_ms))
        self.mount.show(source)
        self._hz, self._view = source.hz, source.view

    def _look_for_more(self, each: bool) -> None:
        if each and self.people.value() == 1:
            self.people.setValue(EVERYBODY)

    def _ask(self) -> None:
        suffixes = " ".join(f"*{suffix}" for suffix in VIDEOS)
        path, _ = QFileDialog.getOpenFileName(self, "Video", "", f"Videos ({suffixes});;Every file (*)")
        if path:
            self.where.setCurrentText(path)
