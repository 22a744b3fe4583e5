"""Calibrate cameras: lenses and places from pictures of a board, and how far to trust them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QGridLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.dialogs.calibrate_form import CalibrateForm
from app.dialogs.rig_pictures import best_columns
from app.dialogs.run_tool import RunTool
from app.docks.panel import hint, tipped
from app.look.theme import SPACE, THEMES
from app.present.calibrated import calibrated_table, said_of
from app.present.rig_items import COLOUR, Cameras
from app.state.preferences import Preferences
from app.state.state import State
from app.view3d.frusta import Frusta
from app.view3d.viewport import Viewport
from app.widgets.coverage_view import CoverageView
from app.widgets.figure_table import FigureTable
from app.widgets.run_bar import RunBar
from app.widgets.save_name import ask_save_name
from app.workers.bridge import Bridge
from app.workers.calibration import BoardChoice, CalibrateJob
from engine.cameras.board.from_pictures import Calibrated
from engine.cameras.files import FORMS, calibration_text
from engine.errors import InputError
from engine.writing import save_text

REMEMBERED, WHAT = "calibrate cameras", "Calibrate cameras"
EMPTY = "Drop a folder here that holds a folder of board pictures for each camera."


class CalibrateWindow(RunTool):
    """A `Calibrated`, seen from every side, and a file of it."""

    form: CalibrateForm

    def __init__(self, state: State, bridge: Bridge, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(bridge, parent, WHAT, QSize(1280, 760))
        self._preferences = preferences
        self._theme: str = state.view.theme
        self._job: CalibrateJob | None = None
        self.found: Calibrated | None = None
        self.views: list[CoverageView] = []
        self._make(state)
        self._worker.report_to(
            done=self._on_done, failed=self._on_failed, cancelled=self._on_stopped,
            progress=self.bar.set_progress, busy=self.bar.set_running,
        )  # fmt: skip
        state.view.events.theme.connect(self._dress)
        with suppress(ValidationError):
            self.form.show_choice(BoardChoice.model_validate_json(preferences.text(REMEMBERED)))
        self._dress(state.view.theme)
        self._show_found()

    def _make(self, state: State) -> None:
        self.form = CalibrateForm(self._preferences)
        self.empty = hint(EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pictures, self.stage, self.table, self.said = QWidget(), Viewport(), FigureTable(), hint("")
        self.stage.set_follow(False)
        self._grid = QGridLayout(self.pictures)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2 * SPACE)
        self._grid.addWidget(self.empty, 0, 0)
        self.table.setAccessibleName("Figures of the cameras")
        upper = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        upper.addWidget(self.pictures)
        upper.addWidget(self.stage)
        upper.setSizes([560, 340])
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        right.addWidget(upper, 1)
        right.addWidget(self.table)
        right.addWidget(self.said)
        self.bar = RunBar(state, "Calibrate", "Find the board in every picture, and the cameras from it")
        self.keep = tipped(QPushButton("Save calibration …"), "Write the cameras: TOML, JSON or YAML")
        self.arrange(self.form, right, self.keep)
        self.bar.run.connect(self.run)
        self.keep.clicked.connect(self._ask_save)
        self.form.changed.connect(self._allow)

    def _dress(self, name: str) -> None:
        self._theme = name
        self.stage.set_theme(name)
        self.table.set_theme(THEMES[name])
        for view in self.views:
            view.set_theme(name)

    def closed(self) -> None:
        self._worker.cancel()
        self._preferences.set_text(REMEMBERED, self.form.choice().model_dump_json())

    def run(self) -> None:
        """Find the board in every picture, and calibrate."""
        self._job = CalibrateJob(self.form.choice())
        self._worker.submit(self._job)

    @Slot(object, object)
    def _on_done(self, job: CalibrateJob, found: Calibrated) -> None:
        if job is self._job:
            self.found = found
            self.bar.note.setText("Done.")
            self._show_found()

    def _allow(self) -> None:
        self.bar.button.setEnabled(self.bar.running or bool(self.form.choice().lenses))

    def _show_found(self) -> None:
        found = self.found
        placed = found is not None and found.placed is not None
        self.keep.setEnabled(found is not None)
        for part in (self.table, self.said):
            part.setVisible(found is not None)
        self.stage.setVisible(placed)
        self.empty.setVisible(found is None)
        self._allow()
        if found is None:
            return
        for view in self.views:
            self._grid.removeWidget(view)
            view.deleteLater()
        self.views = [CoverageView(lens, seen) for lens, seen in zip(found.lenses, found.seen, strict=True)]
        sizes = [lens.camera.image_size for lens in found.lenses]
        across = best_columns(sizes, self.pictures.width(), self.pictures.height())
        for number, view in enumerate(self.views):
            view.set_theme(self._theme)
            self._grid.addWidget(view, *divmod(number, across))
        if placed:
            self.stage.set_items([Cameras("cameras", f"{len(sizes)} cameras", Frusta(found.cameras), colour=COLOUR)])
        assert self._job is not None
        self.table.set_table(calibrated_table(found))
        self.said.setText(said_of(found, self._job.choice.square_mm))

    def _ask_save(self) -> None:
        start = Path(self._preferences.folder, "calibration.toml")
        path = ask_save_name(self, "Calibration", start, ";;".join(f"Calibration (*{form})" for form in FORMS))
        if path is not None:
            self._preferences.folder = str(path.parent)
            self.save(path)

    def save(self, path: Path) -> None:
        """Write the cameras."""
        assert self.found is not None
        try:
            save_text(calibration_text(path, self.found.cameras), path)
        except InputError as error:
            self.bar.note.setText(self._bridge.say_failed(error, path.name))
        else:
            self.bar.note.setText(f"Wrote {path.name}; Several cameras reads it.")
