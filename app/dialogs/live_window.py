"""Windows of live runs: a feed goes through models from Start until Stop, or until the window is closed."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.dialogs.live_curves import LiveCurves
from app.dialogs.live_figures import LiveFigures
from app.dialogs.live_form import LiveStressPanel, OutputForm
from app.dialogs.live_models import LiveModels
from app.dialogs.live_stage import LiveStage
from app.dialogs.presentation import Presentation
from app.dialogs.tool import Tool
from app.docks.panel import Panel, hint, tipped
from app.look.theme import LARGE, THEMES
from app.present.live import counts_of, line_of, state_of
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.elided import Elided
from app.widgets.fold import Fold
from app.widgets.run_bar import RunBar
from app.widgets.save_name import ask_save_name
from app.workers.bridge import Bridge
from app.workers.inference import Priority
from app.workers.live import Outputs, Started, StartLive, levels_of
from engine.errors import InputError
from engine.experiment.session import save_session
from engine.experiment.settings import Experiment
from engine.live.run import LiveRun
from engine.live.truth import LiveTruth

SHOW_MS, LOOK_MS, DRAW_MS, SAY_MS = 33, 30, 100, 250
PAUSE = 3.0
"""Times as long as drawing takes: the models come first."""


class SourceForm(Protocol):
    """A widget in which a source is chosen, with the person's height."""

    changed: Any

    def source(self) -> Any: ...
    def height_m(self) -> float | None: ...
    def look_ahead_ms(self) -> float: ...
    def show_source(self, source: Any, height_m: float | None) -> None: ...
    def setEnabled(self, enabled: bool, /) -> None: ...


class Chosen(BaseModel):
    """What is remembered from one start to the next."""

    experiment: Experiment
    outputs: Outputs


class LiveWindow(Tool):
    """What was chosen is remembered. A subclass says what it watches, and adds panels of its own.

    REMEMBERED  the name of what was chosen among the preferences
    OBSERVES    of the models that are offered
    EMPTY       what the 3D view says before the first frame
    form        of the source
    """

    TITLE, REMEMBERED, OBSERVES, EMPTY = "", "", "", ""
    SIZE = QSize(1180, 690)
    form: SourceForm

    def __init__(self, state: State, bridge: Bridge, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(parent, self.TITLE, self.SIZE)
        self._state, self._bridge, self._preferences = state, bridge, preferences
        self._served = bridge.inference.models(Priority.SHOWN)
        self._worker = bridge.worker(self.REMEMBERED)
        self._job: StartLive | None = None
        self._started: Started | None = None
        self._rested = 0.0
        self._make()
        self._worker.report_to(done=self._on_started, failed=self._on_failed, progress=self.bar.set_progress)
        self._showing, self._saying = QTimer(self, interval=SHOW_MS), QTimer(self, interval=SAY_MS)
        self._drawing, self._looking = QTimer(self, interval=DRAW_MS), QTimer(self, interval=LOOK_MS)
        self._looking.timeout.connect(self._look)
        self._drawing.timeout.connect(self._draw_curves)
        self._showing.timeout.connect(self._show)
        self._saying.timeout.connect(self._say)
        state.view.events.theme.connect(self._dress)
        self._recall()
        self._dress(state.view.theme)
        self._set_running(False)
        self._say()

    @property
    def run(self) -> LiveRun | None:
        """The run that goes on, or the last one."""
        return None if self._started is None else self._started.run

    def closed(self) -> None:
        self.presentation.set_on(False)
        self.stop()
        chosen = Chosen(experiment=self.experiment(), outputs=self.outputs.outputs())
        self._preferences.set_text(self.REMEMBERED, chosen.model_dump_json())

    def start(self) -> None:
        """Load the models, then watch."""
        self.stop()
        self._job = StartLive(self._served, self.experiment(), self.outputs.outputs(), self.truth())
        self._set_running(True)
        self._worker.submit(self._job)

    def stop(self) -> None:
        """Stop watching; the last pose stays on show."""
        self._job = None
        self._worker.cancel()
        if self._started is not None:
            self._started.stop()
        self._set_running(False)
        self._say()

    # -- what is chosen -------------------------------------------------------------------------------------

    def experiment(self) -> Experiment:
        """What would run."""
        return Experiment(
            source=self.form.source(),
            input=self.stresses.given(),
            models=self.models.chosen,
            height_m=self.form.height_m(),
        )

    def show_experiment(self, experiment: Experiment, said: str = "") -> None:
        """Put everything where an experiment has it, stopped; `said` until it is started."""
        self.stop()
        self.form.show_source(experiment.source, experiment.height_m)
        self.stresses.show_given(experiment.input)
        self.models.choose([choice.name for choice in experiment.models])
        self._say()
        self.said.setText(said or self.said.text())

    def save(self, path: Path) -> None:
        """Write what is chosen as a session."""
        try:
            save_session(self.experiment(), path)
        except InputError as error:
            self._state.results.say(str(error), error.detail)
        else:
            self._preferences.add_recent(str(path))
            self.said.setText(f"Saved {path.name}; it opens here again, and begins when you press Start.")

    def truth(self) -> LiveTruth | None:
        """What predictions are measured against, where somebody says so."""
        return None

    def _ask_save(self) -> None:
        start = Path(self._preferences.folder, f"{self.REMEMBERED}.json")
        path = ask_save_name(self, "Save session", start, "Sessions (*.json)")
        if path is not None:
            self._preferences.folder = str(path.parent)
            self.save(path)

    def _recall(self) -> None:
        """As it was when it was closed last; as it is at first where nothing of use was remembered."""
        with suppress(ValidationError, InputError):
            chosen = Chosen.model_validate_json(self._preferences.text(self.REMEMBERED))
            self.show_experiment(chosen.experiment)
            self.outputs.show_outputs(chosen.outputs)

    # -- parts ----------------------------------------------------------------------------------------------

    def fill_panel(self, panel: Panel) -> None:
        """Make `form`, and add it and what else belongs above the folds."""
        raise NotImplementedError

    def folds(self) -> list[tuple[str, str, QWidget]]:
        """Parts that are folded away at first: title, tip and widget of each."""
        return [
            ("Stress", "What the frames suffer, while it runs", self.stresses),
            ("Recording, VMC out", "Where the run goes besides this window", self.outputs),
        ]

    def views(self) -> tuple[QWidget, ...]:
        """What is shown above the curves, side by side."""
        return (self.stage,)

    def in_reach(self) -> tuple[QWidget, ...]:
        """What stays in reach in a presentation."""
        return (self.stresses.rate,)

    def settings(self) -> dict[str, str]:
        """What can be changed while it runs, in words."""
        return self.stresses.said()

    def _make(self) -> None:
        self.models, self.stresses = LiveModels(self.OBSERVES), LiveStressPanel(self.OBSERVES)
        folder = Path(self._preferences.folder, "kinestate live")
        self.outputs = OutputForm(folder, pictures=self.OBSERVES == "keypoints")
        self.stage, self.curves, self.figures = LiveStage(self.EMPTY), LiveCurves(), LiveFigures()
        self.said, self.counts = hint(""), Elided(Qt.TextElideMode.ElideRight)
        self.counts.setProperty("role", "muted")
        self.bar = RunBar(self._state, "Start", "Begin, and run the models on every frame as it comes")
        self.keep = tipped(QPushButton("Save session …"), "Write what is chosen here to a file that opens here again")
        panel = Panel()
        panel.setFixedWidth(372)
        panel.column.addWidget(self.models)
        panel.rule()
        self.fill_panel(panel)
        for title, tip, inside in self.folds():
            fold = Fold(title, tip)
            fold.column.addWidget(inside)
            panel.column.addWidget(fold)
        panel.column.addStretch()
        right, views = QVBoxLayout(), QHBoxLayout()
        for view in self.views():
            views.addWidget(view, 1)
        right.addLayout(views, 3)
        right.addWidget(self.curves, 1)
        right.addWidget(self.figures)
        right.addWidget(self.counts)
        right.addWidget(self.said)
        row = QHBoxLayout()
        row.addWidget(panel)
        row.addLayout(right, 1)
        self.column.addLayout(row, 1)
        below = QHBoxLayout()
        enlarge = tipped(QPushButton("Present"), "Pictures and figures alone, in large letters (F11)")
        below.addWidget(self.bar, 1)
        for button in (self.figures.pin, enlarge, self.keep):
            below.addWidget(button)
        self.column.addLayout(below)
        away = (panel, self.curves, self.counts, enlarge, self.keep)
        self.presentation = Presentation(self, away, self.in_reach(), below)
        self.presentation.changed.connect(self._on_present)
        enlarge.clicked.connect(self.presentation.toggle)
        self.figures.said.connect(self.stage.set_notes)
        self.keys[Qt.Key.Key_P] = self.figures.pin.toggle
        self.bar.run.connect(self.start)
        self.bar.stop.connect(self.stop)
        self.keep.clicked.connect(self._ask_save)
        self.stresses.changed.connect(self._suffer)
        self.models.changed.connect(self._on_chosen)
        self.form.changed.connect(self._say)

    def _set_running(self, running: bool) -> None:
        self.bar.set_running(running)
        self.bar.set_progress(0.0, "")
        self.models.set_running(running)
        self.bar.button.setEnabled(running or bool(self.models.chosen))
        self.form.setEnabled(not running)
        self.outputs.setEnabled(not running)
        for timer in (self._showing, self._looking, self._drawing, self._saying):
            timer.start() if running else timer.stop()
        self._state.live.line = self._state.live.line if running else ""

    def _dress(self, name: str) -> None:
        self.stage.set_theme(name)
        self.curves.set_theme(THEMES[name])
        self.stresses.set_theme(THEMES[name])
        self.figures.set_theme(THEMES[name])

    def _on_present(self, on: bool) -> None:
        self.figures.set_large(on)
        self.stage.set_letters(LARGE if on else 1.0)
        self.stage.set_tagged(on)
        self.figures.say()

    # -- what comes -----------------------------------------------------------------------------------------

    def _suffer(self) -> None:
        """The sliders act on the next frame."""
        if self.run is not None:
            self.run.stresses.chosen = levels_of(self.stresses.given())

    def _on_chosen(self) -> None:
        self.bar.button.setEnabled(self.bar.running or bool(self.models.chosen))
        self._say()

    def _on_started(self, job: StartLive, started: Started) -> None:
        if job is not self._job:
            started.stop()  # closed or stopped meanwhile
            return
        self._started = started
        names = [track.name for track in started.run.tracks]
        self.stage.begin(names)
        self.curves.set_names(names)
        self.curves.show_truth(self.knows_truth(job))
        self.figures.begin(names, self.knows_truth(job))
        self._suffer()
        self.bar.set_progress(1.0, "")
        self.bar.progress.hide()

    def knows_truth(self, job: StartLive) -> bool:
        """Whether a run has errors to show."""
        return job.truth is not None

    def _on_failed(self, job: StartLive, error: Exception) -> None:
        if job is self._job:
            self._set_running(False)
            self.bar.set_progress(1.0, self._bridge.say_failed(error, self.TITLE))

    def _show(self) -> None:
        run = self.run
        if run is None:
            return
        ended = run.state == "running" and run.over and run.feed.state == "stopped"
        if run.state == "failed" or ended:
            self._end()
        else:
            self._show_people()

    def _show_people(self) -> None:
        """Now and then: draw what there is."""
        self._draw_people()

    def _draw_people(self) -> None:
        """Draw the newest predictions in 3D, if they have not been drawn, after a rest: the models come first."""
        run, now = self.run, time.perf_counter()
        if (
            run is not None
            and now >= self._rested
            and self.stage.show_ticks([track.everybody for track in run.tracks]) is not None
        ):
            self.stage.draw()
            self._rested = now + PAUSE * self.stage.last_draw_ms / 1000

    def _end(self) -> None:
        """The feed has ended, or something failed: what is said about it stays."""
        assert self._started is not None
        self._say()
        said = self.said.text()
        self._started.stop()
        self._set_running(False)
        self.said.setText(said)

    def _look(self) -> None:
        if self.run is not None and self.bar.running:
            self.figures.look([track.latest for track in self.run.tracks], self.settings())

    def _draw_curves(self) -> None:
        if self.run is not None:
            self.curves.show_ticks([track.latest for track in self.run.tracks])

    def _say(self) -> None:
        running = self.run if self.bar.running else None
        self.models.say(self.run, self.form.look_ahead_ms())
        self.figures.say()
        self.counts.setText(counts_of(self.run))
        self.said.setText(state_of(self.run, self._started))
        self._state.live.line = line_of(running)
