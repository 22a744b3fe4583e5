"""Windows of live runs: a feed goes through models from Start until Stop, or until the window is closed."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.dialogs.live_parts import LiveParts
from app.present.live import counts_of, line_of, state_of
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.save_name import ask_save_name
from app.workers.bridge import Bridge
from app.workers.inference import Priority
from app.workers.live import Outputs, Started, StartLive
from engine.errors import InputError
from engine.experiment.live_stresses import levels_of
from engine.experiment.session import save_session
from engine.experiment.settings import Experiment
from engine.live.run import LiveRun
from engine.live.truth import LiveTruth

SHOW_MS, LOOK_MS, DRAW_MS, SAY_MS = 33, 30, 100, 250
PAUSE = 3.0
"""Times as long as drawing takes: the models come first."""


class Chosen(BaseModel):
    """What is remembered from one start to the next."""

    experiment: Experiment
    outputs: Outputs


class LiveWindow(LiveParts):
    """What was chosen is remembered.

    REMEMBERED  the name of what was chosen among the preferences
    """

    REMEMBERED = ""

    def __init__(self, state: State, bridge: Bridge, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(state, parent, preferences=preferences)
        self._bridge, self._served = bridge, bridge.inference.models(Priority.SHOWN)
        self._worker = bridge.worker(self.REMEMBERED)
        self._job: StartLive | None = None
        self._started: Started | None = None
        self._rested = 0.0
        self._worker.report_to(done=self._on_started, failed=self._on_failed, progress=self.bar.set_progress)
        self.bar.run.connect(self.start)
        self.bar.stop.connect(self.stop)
        self.keep.clicked.connect(self._ask_save)
        self.stresses.changed.connect(self._suffer)
        self.models.changed.connect(self._on_chosen)
        self.form.changed.connect(self._say)
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
        done_to = any(choice.bare != choice for choice in experiment.models)
        self.models.choose([choice.name for choice in experiment.models], other_answer=done_to)
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
