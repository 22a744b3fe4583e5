"""The experiment's knobs: frame rate, Δ, and what the input suffers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import QCheckBox, QToolButton, QVBoxLayout

from app.docks.panel import Panel, hint, tipped
from app.look import icons
from app.look.theme import THEMES
from app.present.observed import applies, observed
from app.present.wording import hertz
from app.state.settings import Settings
from app.state.state import State
from app.widgets.fold import Fold
from app.widgets.segmented import Segmented
from app.widgets.sliders import ValueSlider, log_slider
from app.widgets.typed_value import typed_number
from engine.experiment.rate import RatePolicy, elapsed
from engine.experiment.settings import ModelChoice
from engine.models.card import ModelCard
from engine.models.families import find_model
from engine.stress.catalogue import STRESSES, in_panel_order
from engine.stress.stress import Stress

MOST_SUBSAMPLE = 16
PRESETS_HZ = (60.0, 30.0, 15.0, 7.5)
OCTAVES = 4  # of Δ to either side


class Properties(Panel):
    """Sliders and switches; each edits the document's settings and follows them."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.reset = tipped(QToolButton(), "Everything as recorded: full rate, Δ auto, no stress")
        self.again = tipped(QToolButton(), "New random seed")
        self.buttons = (self.again, self.reset)
        self.rate = ValueSlider(
            "Frame rate",
            (1, MOST_SUBSAMPLE),
            1,
            self._say_rate,
            to_value=int,
            read=self._read_rate,
            tip="How much of the clip's frame rate the models get",
        )
        self.rate.slider.setTickInterval(1)
        self.column.addWidget(self.rate)
        self.presets = Segmented({f"{hz:g}": (f"{hz:g}", f"Give the models {hz:g} Hz") for hz in PRESETS_HZ})
        self.column.addWidget(self.presets)
        self.resample = QCheckBox("Resample to the trained rate")
        self.resample.setToolTip(
            "Interpolate the thinned-out input to the rate that each model was trained at,\ninstead of rescaling Δ"
        )
        self.column.addWidget(self.resample)

        self.rule()
        self.mode = Segmented(
            {
                "auto": ("Auto", "Δ follows the timestamps: half the frame rate, twice the step"),
                "trained": ("As trained", "Δ stays as it was learned, whatever the frame rate"),
                "factor": ("By hand", "Δ is multiplied by the factor that the slider sets"),
            }
        )
        self.delta = log_slider(
            "Step Δ",
            OCTAVES,
            self._say_delta,
            tip="Drag to set Δ by hand. The mark in the middle is the trained value, the other one what auto takes.",
        )
        self.column.addWidget(self.delta)
        self.column.addWidget(self.mode)
        self.follows = hint("")
        self.column.addWidget(self.follows)

        self.rule()
        self.more = Fold("More stress", "Hidden limbs, a moving bar, dropped frames, an unsteady clock")
        self.stresses: dict[str, ValueSlider] = {}
        self.choices: dict[str, Segmented] = {}
        for stress in in_panel_order():
            self._add_stress(stress, self.more.column if stress.slider.folded else self.column)
        self.nominal = QCheckBox("One Δ for all frames")
        self.nominal.setToolTip(
            "Δ from the median frame period, instead of each frame's own gap:\n"
            "what happens if nobody looks at the timestamps"
        )
        self.more.column.addWidget(self.nominal)
        self.column.addWidget(self.more)
        self.column.addStretch()

        self.rate.changed.connect(lambda r: state.document.edit_input(subsample=int(r)))
        self.presets.chosen.connect(lambda hz: state.document.edit_input(subsample=self._keep_for(float(hz))))
        self.resample.toggled.connect(lambda on: self._choose_mode("resample" if on else "auto"))
        self.mode.chosen.connect(self._choose_mode)
        self.delta.changed.connect(self._set_factor)
        self.nominal.toggled.connect(lambda on: self._choose_mode("nominal" if on else "auto"))
        self.more.button.toggled.connect(lambda _: QTimer.singleShot(0, lambda: self.ensureWidgetVisible(self.more)))
        self.reset.clicked.connect(self._as_recorded)
        self.again.clicked.connect(lambda: state.document.edit_input(seed=state.document.settings.input.seed + 1))
        state.document.events.settings.connect(self.show_settings)
        state.document.events.clip.connect(lambda: self.show_settings(state.document.settings))
        state.view.events.theme.connect(self._dress)
        self._dress(state.view.theme)
        self.show_settings(state.document.settings)

    def _add_stress(self, stress: Stress, column: QVBoxLayout) -> None:
        """A slider for the level, and buttons for each kind that the stress comes in."""
        self.stresses[stress.field] = slider = stress_slider(stress)
        slider.changed.connect(lambda level: self._state.document.set_level(stress.field, level))
        column.addWidget(slider)
        for option in stress.options:
            self.choices[option.field] = buttons = Segmented(dict(option.choices))
            buttons.chosen.connect(lambda key, field=option.field: self._state.document.set_option(field, key))
            column.addWidget(buttons)

    def show_settings(self, settings: Settings) -> None:
        """Put all controls where the settings are."""
        given = settings.input
        self.rate.set_value(given.subsample)
        self._show_presets(given.subsample)
        kinds = observed(settings)
        for field, slider in self.stresses.items():
            applicable = applies(STRESSES[field], kinds)
            slider.setVisible(applicable)
            slider.set_value(given.level(field))
            for option in STRESSES[field].options:
                self.choices[option.field].set_choice(option.chosen(given.options))
                self.choices[option.field].setVisible(applicable)
                self.choices[option.field].setEnabled(given.level(field) > 0)
        active = sum(STRESSES[field].slider.folded and applies(STRESSES[field], kinds) for field in given.levels)
        self.more.set_note(f"{active} on" if active else "")
        mode = settings.rate.mode
        for box, on in ((self.resample, mode == "resample"), (self.nominal, mode == "nominal")):
            with QSignalBlocker(box):
                box.setChecked(on)
        self.nominal.setEnabled(mode == "nominal" or (mode == "auto" and self._irregular()))
        self.mode.set_choice("auto" if mode == "nominal" else mode)
        self.delta.set_value(self.factor(settings.rate))
        self.delta.slider.set_marks([0, self.delta._to_step(self.auto_factor())])
        cards = [as_given(slot.choice, settings.rate) for slot in settings.slots if slot.on]
        said, detail = what_follows(cards)
        self.follows.setText(said)
        self.follows.setToolTip(detail)
        self.follows.setVisible(bool(said))
        self._keep_room()

    def _keep_room(self) -> None:
        """Let the note keep the most room that it has taken: nothing below it moves under the mouse."""
        lines = 3 * self.follows.fontMetrics().lineSpacing()
        wanted = self.follows.heightForWidth(max(self.follows.width(), 200))
        self.follows.setMinimumHeight(max(lines, wanted, self.follows.minimumHeight()))

    def _keep_for(self, hz: float) -> int:
        """Find which frames to keep for a rate: one in so many."""
        clip = self._state.document.clip
        return 1 if clip is None else min(max(round(clip.rate_hz / hz), 1), MOST_SUBSAMPLE)

    def _read_rate(self, text: str) -> float | None:
        """Read "1 in 8" or a rate, "7.5 Hz"."""
        value = typed_number(text)
        if value is None or value <= 0:
            return None
        kept = "in" in text.casefold() and "hz" not in text.casefold()
        return min(value, MOST_SUBSAMPLE) if kept else self._keep_for(value)

    def _show_presets(self, subsample: int) -> None:
        """Tick the rate that the models get, and offer those that the clip can be thinned to."""
        clip = self._state.document.clip
        taken = ""
        for key, button in self.presets.buttons.items():
            keep = self._keep_for(float(key))
            there = clip is not None and abs(clip.rate_hz / keep - float(key)) < 0.02 * float(key)
            button.setEnabled(there)
            taken = key if there and keep == subsample else taken
        self.presets.set_choice(taken)

    def auto_factor(self) -> float:
        """Find what auto takes for the first model: trained rate over the rate of the (regularly sampled) input."""
        clip, settings = self._state.document.clip, self._state.document.settings
        trained = card_of(settings.slots[0].choice.name).rate_hz if settings.slots else 60.0
        if clip is None or not clip.rate_hz:
            return 1.0
        return trained * settings.input.subsample / clip.rate_hz

    def factor(self, policy: RatePolicy) -> float:
        """Find what the slider shows; per frame, where auto has no one answer, the nominal one."""
        if policy.mode in ("factor", "resample"):
            return policy.factor
        return 1.0 if policy.mode == "trained" else self.auto_factor()

    def _irregular(self) -> bool:
        """Tell whether each frame of the input has a gap of its own."""
        given, clip = self._state.document.settings.input, self._state.document.clip
        if any(STRESSES[field].irregular for field in given.levels):
            return True
        return clip is not None and not isinstance(elapsed(clip.times, 1.0), float)

    def _choose_mode(self, mode: str) -> None:
        kept = self.factor(self._state.document.settings.rate)
        factor = kept if mode == "factor" else 1.0
        self._state.document.set_rate(RatePolicy(mode=mode, factor=factor))  # type: ignore[arg-type]

    def _set_factor(self, factor: float) -> None:
        resampled = self._state.document.settings.rate.mode == "resample"
        self._state.document.set_rate(RatePolicy(mode="resample" if resampled else "factor", factor=factor))

    def _as_recorded(self) -> None:
        document = self._state.document
        s = document.settings
        document.edit("reset", Settings(viewpoint=s.viewpoint, height_m=s.height_m, slots=s.slots))

    def _say_rate(self, keep: float) -> str:
        clip = self._state.document.clip
        said = f"1 in {keep:.0f}" if keep > 1 else "all"
        return f"{said} · {hertz(clip.rate_hz / keep)}" if clip is not None else said

    def _say_delta(self, factor: float) -> str:
        said = f"×{factor:.2f}" if factor < 9.995 else f"×{factor:.1f}"
        auto = self._state.document.settings.rate.mode == "auto"
        return f"about {said}, per frame" if auto and self._irregular() else said

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.reset.setIcon(icons.icon("reset", theme.muted))
        self.again.setIcon(icons.icon("dice", theme.muted))
        for slider in (self.rate, self.delta, *self.stresses.values()):
            slider.slider.set_theme(theme)


def what_follows(cards: Sequence[ModelCard]) -> tuple[str, str]:
    """Say what of these models follows the rate and what does not: in a sentence, and in full for each model.

    Where they differ, every system has its short clause.
    """
    systems: dict[str, list[ModelCard]] = {}
    for card in cards:
        systems.setdefault(card.follows_rate, []).append(card)
    full = "".join(
        f"<p><b>{', '.join(dict.fromkeys(card.name for card in alike))}</b>: {escape(sentence)}</p>"
        for sentence, alike in systems.items()
    )
    if len(systems) == 1:
        return cards[0].follows_rate, full
    short = (
        f"{', '.join(dict.fromkeys(c.system for c in alike))}: {alike[0].rate_in_short}." for alike in systems.values()
    )
    return " ".join(short), full


def as_given(choice: ModelChoice, policy: RatePolicy) -> ModelCard:
    """Return the model's card, which says what is true of its Δ under the policy, or under the choice's own."""
    card, policy = card_of(choice.name), choice.rate or policy
    times = f"×{policy.factor:.2f}"
    said = {
        "trained": f"Δ stays as it was learned at {hertz(card.rate_hz)}; every frame is taken for one of that rate.",
        "nominal": "One Δ for all frames, from their median period; gaps of their own are not seen.",
        "factor": f"Δ is {times} the trained one, whatever the frame rate.",
    }
    if policy.mode == "resample":  # then nothing else follows the frames' rate
        by_hand = f", and Δ is {times} the trained one" if policy.factor != 1 and card.has_delta else ""
        text = f"Input resampled to {hertz(card.resample_hz)}{by_hand}."
    else:
        text = said.get(policy.mode, card.follows_rate) if card.has_delta else card.follows_rate
    return card.model_copy(update={"follows_rate": text})


def stress_slider(stress: Stress) -> ValueSlider:
    """A slider from nothing to the record's largest level, in its unit."""
    slider = stress.slider
    return ValueSlider(
        stress.label,
        (0, round(slider.max * slider.steps)),
        0,
        lambda level: slider.text.format(stress.text(level)),
        to_value=lambda step: step / slider.steps,
        to_step=lambda level: round(level * slider.steps),
        read=lambda text: None if (typed := typed_number(text)) is None else typed / stress.scale,
        tip=slider.tip,
    )


@cache
def card_of(model: str) -> ModelCard:
    """Look up a model's card, which is read from disk once."""
    return find_model(model).card
