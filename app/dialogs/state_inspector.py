"""The state inspector: memory and state of a model's SSM; all of it moves with the Δ slider."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QWidget

from app.dialogs.tool import Tool
from app.docks.clip_card import let_shrink
from app.docks.panel import hint, tipped
from app.look.theme import SPACE, THEMES, model_colour
from app.present.wording import duration
from app.state.settings import Slot as ModelSlot
from app.state.state import State
from app.widgets.chip import chip_picture
from app.widgets.sliders import label
from app.workers.bridge import Bridge
from app.workers.inspector import Answer, Inspector, Question
from app.workers.ticket import Ticket
from engine.models.lifting.layout import LAYOUT

if TYPE_CHECKING:
    from app.plots.curves import Curve
    from engine.models.inside import OverClip

REST_MS = 250
"""Δ stays where it is for this long before the model is run to watch its state."""
CURSOR_MS = 30
JOINTS = "{}: it runs along the joints of one frame. It has no time, and its Δ does not follow the frame rate."
GRID = (
    "{}: it walks the grid of frames and joints, where a step is not a step in time: it has no time constants and does "
    "not follow the frame rate. Its Δ is chosen by the input, at every place; here it is over the clip."
)
NONE = "{} holds no state space model: it has no Δ and no state to look into."


class StateInspector(Tool):
    """Looks into the model and SSM that are chosen, in the present experiment."""

    def __init__(self, state: State, bridge: Bridge, parent: QWidget) -> None:
        from app.plots.curves import CurvePlot
        from app.plots.inside import KernelsPlot, MemoryPlot, StepsPlot

        super().__init__(parent, "State inspector", QSize(940, 580), aside=True)
        self._state, self._bridge = state, bridge
        self._inspector = Inspector(bridge.inference)
        self._worker = bridge.worker("inside")
        self._answer: Answer | None = None
        self._seen: OverClip | None = None
        self.model, self.layer = tipped(QComboBox(), "Which model"), tipped(QComboBox(), "Which of its SSMs")
        self.about = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.kernels, self.memory, self.steps = KernelsPlot(), MemoryPlot(), StepsPlot()
        self.over_clip = CurvePlot("", "", "Click to go there; wheel zooms, double click shows all.")
        self.empty = hint("")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)

        top = QHBoxLayout()
        for text, box, stretch in (("Model", self.model, 2), ("SSM", self.layer, 3)):
            let_shrink(box)
            top.addWidget(label(text, "muted"))
            top.addWidget(box, stretch)
            top.addSpacing(SPACE)
        self.column.addLayout(top)
        self.column.addWidget(self.about)
        plots = QWidget()
        grid = self._grid = QGridLayout(plots)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for place, plot in enumerate((self.kernels, self.steps, self.memory, self.over_clip)):
            grid.addWidget(plot, place // 2, place % 2)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(plots)
        self.pages.addWidget(self.empty)
        self.column.addWidget(self.pages, 1)

        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._watch)
        self._cursor = QTimer(self, interval=CURSOR_MS, singleShot=True)
        self._cursor.timeout.connect(self._move_cursor)
        self._worker.report_to(done=self._on_done, failed=self._on_failed, progress=self._on_progress)
        self.model.activated.connect(lambda _: self.ask())
        self.layer.activated.connect(lambda _: self.ask())
        self.over_clip.sought.connect(state.moment.seek)
        state.document.events.settings.connect(self.ask)
        state.document.events.clip.connect(self.ask)
        state.view.events.selection.connect(self._draw_over_clip)
        state.moment.events.seconds.connect(lambda: self._cursor.isActive() or self._cursor.start())
        state.view.events.theme.connect(self._dress)
        self._dress(state.view.theme)

    def opened(self) -> None:
        self.ask()

    def closed(self) -> None:
        self._rest.stop()
        self._worker.cancel()

    # -- asking ---------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Look at the model and SSM that are chosen, in the present experiment."""
        if not self.isVisible():
            return
        self._list_models()
        document, slot = self._state.document, self._slot()
        clip, experiment = document.clip, document.experiment()
        if slot is None or clip is None or experiment is None:
            self._say_empty("Open a clip first." if clip is None else "No model is here; add one first.")
            return
        self._rest.stop()
        question = Question(clip, experiment, slot.choice, self.layer.currentText() or None)
        self._worker.submit(partial(self._inspector.look, question))

    def _watch(self) -> None:
        if self._answer is not None and self._answer.happens and self.isVisible():
            self._worker.submit(_Watch(self._inspector, self._answer))

    def _slot(self) -> ModelSlot | None:
        slots, index = self._state.document.settings.slots, self.model.currentIndex()
        return slots[index] if 0 <= index < len(slots) else None

    def _list_models(self) -> None:
        slots, kept = self._state.document.settings.slots, self.model.currentIndex()
        with QSignalBlocker(self.model):
            self.model.clear()
            for slot in slots:
                self.model.addItem(QIcon(chip_picture(model_colour(slot.colour), 14)), slot.choice.label)
            self.model.setCurrentIndex(min(max(kept, 0), len(slots) - 1))

    # -- answers --------------------------------------------------------------------------------------------

    @Slot(object, object)
    def _on_done(self, job: object, found: object) -> None:
        if isinstance(job, _Watch):
            if job.answer is self._answer:
                self._seen = found  # type: ignore[assignment]
                self._draw_over_clip()
        else:
            assert isinstance(found, Answer)
            slot = self._slot()
            if self.isVisible() and slot is not None and found.question.choice == slot.choice:
                self._take(found)

    @Slot(object, object)
    def _on_failed(self, _: object, error: Exception) -> None:
        if self.isVisible():
            self._say_empty(self._bridge.say_failed(error, "The state inspector"))

    @Slot(float, str)
    def _on_progress(self, _: float, text: str) -> None:
        if self._seen is None:
            self.over_clip.note.setText(f"{text} …")

    def _take(self, answer: Answer) -> None:
        before, self._answer = self._answer, answer
        with QSignalBlocker(self.layer):
            self.layer.clear()
            self.layer.addItems([layer.title for layer in answer.layers])
            if answer.layer is not None:
                self.layer.setCurrentText(answer.layer.title)
        self.layer.setEnabled(bool(answer.layers))
        name = answer.question.choice.label
        if answer.layer is None:
            self._say_empty(NONE.format(name))
            return
        if not answer.happens:
            self._say_empty(JOINTS.format(answer.layer.title))
            return
        self.pages.setCurrentIndex(0)
        for plot in (self.kernels, self.memory, self.steps):
            plot.setVisible(answer.memory is not None)
        self._grid.setColumnStretch(0, int(answer.memory is not None))
        self._grid.setRowStretch(0, int(answer.memory is not None))
        if before is None or before.layer != answer.layer or before.question.choice != answer.question.choice:
            self._seen = None  # of another SSM: nothing of it is to be seen while this one's is found
        self._draw()
        self._rest.start()

    # -- drawing --------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        answer, slot = self._answer, self._slot()
        if answer is None or answer.layer is None or slot is None:
            return
        colour = model_colour(slot.colour)
        if (memory := answer.memory) is None:
            self.about.setText(GRID.format(answer.layer.title))
        else:
            frame_s, horizons_s = answer.frame_s, memory.horizons * answer.frame_s
            chosen = memory.channels
            self.kernels.set_kernels(memory.lags * frame_s, memory.kernels, horizons_s[chosen], frame_s, colour)
            clip_s = float(answer.times[-1] - answer.times[0])
            self.memory.set_memory(horizons_s, memory.time_constants * frame_s, frame_s, clip_s, colour)
            self.steps.set_steps(memory.steps, answer.rate, colour)
            self.about.setText(_about(answer, horizons_s))
        self._draw_over_clip()

    def _draw_over_clip(self) -> None:
        from app.plots.curves import Curve

        answer, seen, slot = self._answer, self._seen, self._slot()
        if answer is None or slot is None or not answer.happens:
            return
        chosen = answer.memory is None
        title = "Δ as the input chose it" if chosen else "Norm of the state"
        if seen is None or seen.frames != len(answer.times):
            self.over_clip.set_curves([], "Running the model …", title=title)
            return
        colour, theme = model_colour(slot.colour), THEMES[self._state.view.theme]
        curves: list[Curve] = []
        if seen.steps is not None:
            shades = (theme.faint, theme.muted, theme.faint, colour)
            names = ("10 %", "median", "90 %", "mean over joints and channels")
            curves = [
                Curve(name, shade, answer.times, values)
                for name, shade, values in zip(names, shades, np.roll(seen.steps, -1, 1).T, strict=True)
            ]
        elif seen.state_norms is not None:
            curves = [Curve("mean of the joints", colour, answer.times, seen.state_norms.mean(1))]
            joint = self._state.view.selection
            if joint is not None and seen.state_norms.shape[1] == len(LAYOUT):
                curves.append(Curve(LAYOUT.names[joint], theme.text, answer.times, seen.state_norms[:, joint]))
        self.over_clip.set_curves(curves, title=title)
        self._move_cursor()

    def _say_empty(self, text: str) -> None:
        self.about.setText("")
        self.empty.setText(text)
        self.pages.setCurrentIndex(1)

    def _move_cursor(self) -> None:
        if self.isVisible():
            self.over_clip.set_cursor(self._state.moment.seconds)

    def _dress(self, name: str) -> None:
        for plot in (self.kernels, self.memory, self.steps, self.over_clip):
            plot.set_theme(THEMES[name])
        self._draw()


class _Watch:
    """Watches the layer of an answer; called on the worker."""

    def __init__(self, inspector: Inspector, answer: Answer) -> None:
        self.inspector, self.answer = inspector, answer

    def __call__(self, ticket: Ticket) -> OverClip:
        return self.inspector.watch(self.answer, ticket)


def _about(answer: Answer, horizons_s: np.ndarray) -> str:
    """Put the plots into a sentence."""
    rate = "follows every frame's own time, " if isinstance(answer.rates, np.ndarray) else "is "
    return (
        f"Δ {rate}×{answer.rate:.3g}; a frame is {duration(answer.frame_s)}. Half of the {len(horizons_s)} channels "
        f"remember less than {duration(float(np.median(horizons_s)))}; memory reaches from "
        f"{duration(float(horizons_s.min()))} to {duration(float(horizons_s.max()))}."
    )
