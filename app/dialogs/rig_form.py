"""What a rig is made of: calibration and files, how the cameras are treated, and the models."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
)

from app.dialogs.fields import add_rows, ask_calibration, ask_file, ask_folder, spin, with_button
from app.dialogs.live_models import LiveModels
from app.docks.panel import Panel, tipped
from app.look.theme import SPACE
from app.state.preferences import Preferences
from app.widgets.segmented import Segmented
from app.widgets.sliders import label
from app.workers.rig import RECORDING, RigChoice
from engine.cameras.picture_files import is_pictures
from engine.data.people_truth import truth_of
from engine.detector.library import installed
from engine.detector.published import NAMES
from engine.experiment.view_files import VIDEOS, films_in
from engine.observation.people_over_time import CHOICES

WIDTH = 288
TRUTHS = "Truths (*.mat body3DScene_*.json);;All (*)"
TRUTH_TIP = "Where everybody was: actorsGT.mat of Shelf or Campus, or the folder of a CMU Panoptic recording"
KINDS = {
    "videos": ("Videos", "A video for each camera, through a detector of people"),
    "detections": (
        "Keypoints",
        "2D keypoints for each camera: OpenPose, AlphaPose, MMPose, …; or a recording of several live cameras",
    ),
}


class RigModels(LiveModels):
    """The models of several views, without what live runs say of them."""

    def __init__(self) -> None:
        super().__init__("views")
        for row in self.rows.values():
            row.said.hide()


class RigForm(Panel):
    """A `RigChoice`. Emits `changed` when files or options are others."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self._preferences, self._kind = preferences, RigChoice().kind
        self.calibration, self.folder, self.truth = QLineEdit(), QLineEdit(), QLineEdit()
        self.calibration.setPlaceholderText("drop one here")
        self.folder.setPlaceholderText("drop one here")
        self.truth.setPlaceholderText("none; drop one here")
        self.truth.setClearButtonEnabled(True)
        tipped(self.truth, TRUTH_TIP)
        self.kind = Segmented(KINDS)
        self.detector = tipped(QComboBox(), "What finds people in the videos")
        self.detector.addItems(installed() or NAMES)
        self.people = tipped(spin(QSpinBox(), 1, 16, RigChoice().people), "At most so many are found in a picture")
        self.rate = tipped(
            spin(QDoubleSpinBox(), 0, 1000, 0), "Frame rate where files do not say it: keypoints, pictures"
        )
        self.rate.setSpecialValueText("the files'")
        self.rate.setSuffix(" Hz")
        self.person = tipped(QComboBox(), "Whose figures: who moves most, is in the middle or largest, or a number")
        self.person.setEditable(True)
        self.person.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.person.addItems(CHOICES)
        self.refine = tipped(QCheckBox("Refine the cameras on the person"), "Their places, by bundle adjustment")
        self.sync = tipped(QCheckBox("Find offsets of their clocks"), "And undo them")
        self.models = RigModels()
        self._lay_out()
        self.kind.chosen.connect(self._set_kind)
        for edit in (self.calibration, self.folder, self.truth):
            edit.setAcceptDrops(False)  # what is dropped is the window's
            edit.textChanged.connect(lambda _: self.changed.emit())
        self.models.changed.connect(self.changed)
        self.show_choice(RigChoice())

    def _lay_out(self) -> None:
        column = self.column
        column.setContentsMargins(0, 0, SPACE, 0)
        column.addWidget(label("FILES", "heading"))
        self._form = form = QFormLayout()
        add_rows(
            form,
            {
                "Cameras": with_button(self.calibration, "Calibration file …", self._ask_calibration),
                "Folder": with_button(self.folder, "Folder of the cameras' files …", self._ask_folder),
                "It holds": self.kind,
                "Detector": self.detector,
                "People": self.people,
                "Rate": self.rate,
                "Truth": with_button(self.truth, "File of the truth …", self._ask_truth),
            },
        )
        column.addLayout(form)
        self.rule()
        column.addWidget(label("PERSON AND CAMERAS", "heading"))
        whose = QFormLayout()
        add_rows(whose, {"Whose": self.person})
        column.addLayout(whose)
        column.addWidget(self.refine)
        column.addWidget(self.sync)
        self.rule()
        column.addWidget(label("MODELS", "heading"))
        column.addWidget(self.models)
        column.addStretch()

    # -- what is chosen -------------------------------------------------------------------------------------

    def choice(self) -> RigChoice:
        """What would run."""
        return RigChoice(
            calibration=self.calibration.text().strip(),
            folder=self.folder.text().strip(),
            truth=self.truth.text().strip(),
            kind=self._kind,
            detector=self.detector.currentText(),
            people=self.people.value(),
            rate_hz=self.rate.value() or None,
            person=self.person.currentText().strip() or RigChoice().person,
            sync=self.sync.isChecked(),
            refine=self.refine.isChecked(),
            models=tuple(choice.name for choice in self.models.chosen),
        )

    def show_choice(self, choice: RigChoice) -> None:
        self.calibration.setText(choice.calibration)
        self.folder.setText(choice.folder)
        self.truth.setText(choice.truth)
        self._set_kind(choice.kind)
        self.detector.setCurrentText(choice.detector)
        self.people.setValue(choice.people)
        self.rate.setValue(choice.rate_hz or 0)
        self.person.setCurrentText(choice.person)
        self.sync.setChecked(choice.sync)
        self.refine.setChecked(choice.refine)
        self.models.choose(choice.models)

    def take(self, path: Path) -> None:
        """Take a dropped file or folder: calibration, cameras' files, truth, several of these, or a live recording."""
        truth = truth_of(path)
        if truth is not None:
            self.truth.setText(str(truth))
        if truth == path:
            return
        if path.suffix.lower() == RECORDING:
            self.calibration.clear()
            self.folder.setText(str(path))
            self._set_kind("detections")
        elif path.is_file() and path.suffix.lower() not in VIDEOS:
            self.calibration.setText(str(path))
        elif path.is_file():
            self._take_folder(path.parent)
        elif "calib" in path.name.casefold():
            self.calibration.setText(str(path))
        else:
            inside = [each for each in path.iterdir() if each.is_dir()]
            calibrations = [each for each in inside if "calib" in each.name.casefold()]
            for each in calibrations:
                self.calibration.setText(str(each))
            others = [each for each in inside if each not in calibrations] if calibrations else []
            filmed = [each for each in others if _videos(each) or _pictures(each)]
            self._take_folder(filmed[0] if filmed else path)

    def set_people(self, ids: list[int]) -> None:
        """Offer the people who were found, by their numbers."""
        text = self.person.currentText()
        self.person.clear()
        self.person.addItems([*CHOICES, *map(str, ids)])
        self.person.setCurrentText(text)

    def _take_folder(self, folder: Path) -> None:
        self.folder.setText(str(folder))
        others = [each for each in folder.iterdir() if each.is_dir() or each.suffix.lower() not in VIDEOS]
        filmed = _pictures(folder) or (_videos(folder) and not others)
        self._set_kind("videos" if filmed else "detections")

    def _set_kind(self, kind: str) -> None:
        self._kind = "detections" if kind == "detections" else "videos"
        self.kind.set_choice(self._kind)
        for field, of in ((self.detector, "videos"), (self.people, "videos")):
            self._form.setRowVisible(field, of == self._kind)

    def _ask_calibration(self) -> None:
        self.calibration.setText(ask_calibration(self, self._preferences) or self.calibration.text())

    def _ask_truth(self) -> None:
        path = ask_file(self, "Truth", TRUTHS, self._preferences)
        if path:  # one frame of a folder stands for all
            self.truth.setText(str(Path(path).parent) if path.endswith(".json") else path)

    def _ask_folder(self) -> None:
        folder = ask_folder(self, "Folder of the cameras' files", self._preferences)
        if folder:
            self._take_folder(Path(folder))


def _videos(folder: Path) -> bool:
    return any(path.suffix.lower() in VIDEOS for path in folder.iterdir())


def _pictures(folder: Path) -> bool:
    """Whether pictures lie in it for several cameras."""
    films = films_in(folder)
    return len(films) > 1 and all(is_pictures(film) for film in films)
