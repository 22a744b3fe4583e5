"""The clip: what its reader found and assumed, how to read it otherwise, and which camera sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from app.docks.panel import Panel, hint, tipped, wrap
from app.present.observed import VIEWS, observed
from app.present.wording import hertz, number
from app.state.clip import LoadedClip, Reader
from app.state.results import Shown
from app.state.settings import Settings
from app.state.state import State
from app.widgets.fold import Fold
from app.widgets.sliders import label
from engine.experiment.settings import MOST_TOGETHER, CameraSettings, Viewpoint, VirtualRig

VIEW = "view"
RIGS = (
    *(VirtualRig(views=views) for views in (4, 2, 3, 5, 8)),
    VirtualRig(arrangement="half ring", views=3),
    VirtualRig(arrangement="ceiling corners"),
    VirtualRig(arrangement="random"),
)
UNITS = ("m", "cm", "mm", "inch")
AS_FOUND = "as found"
FIRST_ROWS = ("Rate", "Timing", "Unit", "Up axis", "Skeleton", "Image", "Seen")
"""What the card says at a glance; the other rows come with the details."""


class ClipCard(Panel):
    """Signals: `read_again` with the overrides that the person chose; `camera_from_view`, `joints_wanted` on asking."""

    read_again = Signal(object)  # Reader
    camera_from_view = Signal()
    joints_wanted = Signal()

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.name = label("", "big")
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.generated = label("generated", "badge", "Made by this program's own motion generator, not recorded")
        top = QHBoxLayout()
        top.addWidget(self.name, 1)
        top.addWidget(self.generated)
        self.column.addLayout(top)
        self.siblings = tipped(QComboBox(), "The other clips in the same file or folder")
        let_shrink(self.siblings)
        self.column.addWidget(self.siblings)
        self.empty = hint("No clip is open. Drop a motion file anywhere on the window, or press Ctrl+O.")
        self.column.addWidget(self.empty)

        self.summary = hint("")
        self.column.addWidget(self.summary)
        self.seen, self.rows = QWidget(), Rows()
        self.column.addWidget(self.seen)
        self.column.addWidget(self.rows)
        self.more = Fold(
            "Details and overrides",
            "Everything the reader found and assumed, and how to override its rate, unit, up axis and joints",
        )
        self.further, self.notes, reader = Rows(), hint(""), QWidget()
        for detail in (self.further, self.notes, reader):
            self.more.column.addWidget(detail)
        self.column.addWidget(self.more)
        self.column.addStretch()

        form = QGridLayout(reader)
        form.setContentsMargins(0, 0, 0, 0)
        form.setColumnStretch(1, 1)
        self.rate = QDoubleSpinBox(minimum=0, maximum=1000, decimals=2, suffix=" Hz")
        self.rate.setSpecialValueText(AS_FOUND)
        self.rate.setKeyboardTracking(False)
        self.rate.setToolTip("Frames per second of the file; 0 takes what the file says")
        self.unit = tipped(QComboBox(), "Length unit of the file")
        self.unit.addItems([AS_FOUND, *UNITS])
        self.up = tipped(QComboBox(), "The file's axis that points up")
        self.up.addItems([AS_FOUND, "Y", "Z", "-Y", "-Z", "X", "-X"])
        for row, (text, widget) in enumerate((("Rate", self.rate), ("Unit", self.unit), ("Up axis", self.up))):
            form.addWidget(label(text, "muted"), row, 0)
            form.addWidget(widget, row, 1)
        self.joints = QPushButton("Joints …")
        form.addWidget(self.joints, 3, 1)
        self.detector, self.detector_label = QComboBox(), label("Detector", "muted")
        tipped(self.detector, "What finds people in the video: heavy errs least, lite is the fastest")
        form.addWidget(self.detector_label, 4, 0)
        form.addWidget(self.detector, 4, 1)

        form = QGridLayout(self.seen)
        form.setContentsMargins(0, 0, 0, 0)
        form.setColumnStretch(1, 1)
        self.camera = tipped(QComboBox(), "The camera through which the models see this clip")
        let_shrink(self.camera)
        self.body_height = QDoubleSpinBox(minimum=0, maximum=2.5, decimals=2, singleStep=0.01, suffix=" m")
        self.body_height.setSpecialValueText("automatic")
        self.body_height.setKeyboardTracking(False)
        self.body_height.setToolTip(
            "The person's standing height, which turns a model's units into metres. One camera cannot tell a small\n"
            "near person from a tall far one. 0 takes it from the clip's skeleton, or assumes 1.70 m without one."
        )
        for box in (self.rate, self.body_height):
            box.lineEdit().setTextMargins(5, 0, 5, 0)
        self.height_source = hint("")
        self.rig = tipped(QComboBox(), "The cameras through which models of several views see this clip")
        let_shrink(self.rig)
        for rig in RIGS:
            self.rig.addItem(f"{rig.views} in a {rig.arrangement}" if "ring" in rig.arrangement else
                             f"{rig.views} {rig.arrangement}", rig)  # fmt: skip
        self.people = tipped(
            QComboBox(),
            "How many people the rig sees: the clip's own, and others who do the same beside them.\n"
            "They are told apart by matching across the cameras; curves and figures are of the clip's own.\n"
            "Models of one camera and of trackers see nobody else.",
        )
        self.people.addItems([str(count) for count in range(1, MOST_TOGETHER + 1)])
        self.rig_label, self.people_label = label("Rig", "muted"), label("People", "muted")
        self.followed = hint("")
        form.addWidget(label("Camera", "muted"), 0, 0)
        form.addWidget(self.camera, 0, 1)
        form.addWidget(label("Height", "muted"), 1, 0)
        form.addWidget(self.body_height, 1, 1)
        form.addWidget(self.height_source, 2, 1)
        form.addWidget(self.rig_label, 3, 0)
        form.addWidget(self.rig, 3, 1)
        form.addWidget(self.people_label, 4, 0)
        form.addWidget(self.people, 4, 1)
        form.addWidget(self.followed, 5, 1)

        self.siblings.activated.connect(lambda _: self._select(self.siblings.currentText()))
        self.rate.valueChanged.connect(lambda value: self._read(rate_hz=value or None))
        self.unit.activated.connect(lambda _: self._read(unit=_unless_found(self.unit)))
        self.up.activated.connect(lambda _: self._read(up=_unless_found(self.up)))
        self.detector.activated.connect(lambda _: self._read(detector=_unless_found(self.detector)))
        self.joints.clicked.connect(self.joints_wanted)
        self.camera.activated.connect(self._choose_camera)
        self.rig.activated.connect(lambda _: state.document.set_rig(self.rig.currentData()))
        self.people.activated.connect(lambda row: state.document.set_people(row + 1))
        self.body_height.valueChanged.connect(lambda value: state.document.set_height(value if value > 0.1 else None))
        state.document.events.clip.connect(self.show_clip)
        state.document.events.settings.connect(self.show_settings)
        state.results.events.shown.connect(self.show_results)
        state.results.events.worn.connect(self.show_notes)
        self.show_clip(state.document.clip)

    def show_clip(self, clip: LoadedClip | None) -> None:
        """Say what the reader found."""
        for widget in (self.summary, self.rows, self.more, self.seen, self.name):
            widget.setVisible(clip is not None)
        self.empty.setVisible(clip is None)
        self.generated.setVisible(clip is not None and clip.motion.provenance.generated)
        self.siblings.setVisible(clip is not None and bool(clip.siblings))
        if clip is None:
            return
        self.name.setText(clip.name)
        self.name.setToolTip(clip.motion.provenance.source or clip.source)
        frames, seconds = len(clip.times), float(clip.times[-1] - clip.times[0])
        found = clip.motion.provenance
        parts = (
            "" if found.generated else found.format,
            hertz(clip.rate_hz),
            f"{frames} frames",
            f"{number(seconds, 2)} s",
        )
        self.summary.setText(" · ".join(part.replace(" ", "\u00a0") for part in parts if part))
        self.rows.set_rows([row for row in clip.card if row[0] in FIRST_ROWS])
        self.further.set_rows([row for row in clip.card if row[0] not in FIRST_ROWS])
        self.show_notes()
        with QSignalBlocker(self.siblings), QSignalBlocker(self.rate):
            self.siblings.clear()
            self.siblings.addItems(clip.siblings)
            self.siblings.setCurrentText(clip.reader.select or clip.name)
            self.rate.setValue(clip.reader.rate_hz or 0)
        self.unit.setCurrentText(clip.reader.unit or AS_FOUND)
        self.up.setCurrentText(clip.reader.up or AS_FOUND)
        self.joints.setEnabled(clip.joints is not None)
        self.joints.setToolTip(
            "Say which of the rig's joints is which" if clip.joints is not None else "Its joints are of a known layout"
        )
        self._list_detectors(clip)
        self._list_cameras(clip)
        self.show_settings(self._state.document.settings)

    def show_settings(self, settings: Settings) -> None:
        """Show the camera and the body height that are set."""
        clip = self._state.document.clip
        if clip is None:
            return
        camera = settings.viewpoint.camera
        own = isinstance(camera, CameraSettings)
        place = self.camera.findData(VIEW) if own else self.camera.findData(camera)
        for widget in (self.rig, self.rig_label, self.people, self.people_label):
            widget.setVisible(VIEWS in observed(settings))
        with QSignalBlocker(self.body_height):
            self.camera.setCurrentIndex(max(place, 0))
            self._show_rig(settings.viewpoint)
            self.body_height.setValue(settings.height_m or 0)
            self.people.setCurrentIndex(settings.viewpoint.people - 1)

    def _show_rig(self, viewpoint: Viewpoint) -> None:
        rigs = [self.rig.itemData(row) for row in range(self.rig.count())]
        if viewpoint.rig not in rigs:
            self.rig.addItem(viewpoint.rig_text, viewpoint.rig)
            rigs.append(viewpoint.rig)
        self.rig.setCurrentIndex(rigs.index(viewpoint.rig))

    def _list_detectors(self, clip: LoadedClip) -> None:
        for widget in (self.detector, self.detector_label):
            widget.setVisible(clip.footage is not None)
        if clip.footage is not None:
            from engine.detector.library import installed  # with what reads networks; here for videos alone

            chosen = clip.reader.detector
            self.detector.clear()
            self.detector.addItems([AS_FOUND, *dict.fromkeys((*installed(), *([chosen] if chosen else [])))])
            self.detector.setCurrentText(chosen or AS_FOUND)

    def _list_cameras(self, clip: LoadedClip) -> None:
        self.camera.clear()
        for name in clip.cameras:
            self.camera.addItem(name.removeprefix("file:"), name)
        if clip.cameras:
            self.camera.insertSeparator(self.camera.count())
            self.camera.addItem("this 3D view", VIEW)
        else:
            self.camera.addItem("the file's")
        self.camera.setEnabled(bool(clip.cameras))

    def show_notes(self) -> None:
        """Say what the reader assumed, and how the body that the truth wears was found."""
        clip, worn = self._state.document.clip, self._state.results.worn
        notes = () if clip is None else clip.notes
        if worn is not None and worn.clip is clip:
            notes = (*notes, *worn.notes)
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))

    def show_results(self, shown: Shown | None) -> None:
        followed = "" if shown is None else shown.results.followed
        self.followed.setText(followed)
        self.followed.setVisible(bool(followed))
        if shown is None:
            self.height_source.setText("")
        else:
            height, source = shown.results.height.metres, shown.results.height.source
            named = source.startswith("assumed")  # and says how much itself
            self.height_source.setText(source if named else f"{height:.2f} m, {source}")

    def _choose_camera(self) -> None:
        if self.camera.currentData() == VIEW:
            self.camera_from_view.emit()
        else:
            self._state.document.set_camera(self.camera.currentData())

    def _read(self, **changes: object) -> None:
        clip = self._state.document.clip
        if clip is not None:
            reader: Reader = replace(clip.reader, **changes)  # type: ignore[arg-type]
            if reader != clip.reader:
                self.read_again.emit(reader)

    def _select(self, name: str) -> None:
        clip = self._state.document.clip
        if clip is not None and name != (clip.reader.select or clip.name):
            self._read(select=name, joints=None)


class Rows(QWidget):
    """Labels and values in two columns; values wrap and can be selected."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)

    def set_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for row, (key, value) in enumerate(rows):
            self._grid.addWidget(label(key, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            text = QLabel(value, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
            wrap(text)
            self._grid.addWidget(text, row, 1)


def let_shrink(box: QComboBox) -> None:
    """Let a box be narrower than its longest entry."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def _unless_found(box: QComboBox) -> str | None:
    return None if box.currentText() == AS_FOUND else box.currentText()
