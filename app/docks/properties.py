"""The experiment's knobs: frame rate, Δ, noise and masking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from PySide6.QtWidgets import QCheckBox, QToolButton

from app import icons
from app.docks.panel import Panel, hint
from app.state import Settings, State
from app.theme import THEMES
from app.widgets.painting import hertz
from app.widgets.segmented import Segmented
from app.widgets.sliders import ValueSlider, log_slider
from engine.experiment import DeltaSetting
from engine.models.card import ModelCard
from engine.models.registry import find_model

MOST_SUBSAMPLE = 16
MOST_NOISE_PX = 20.0
MOST_MASK = 0.6
OCTAVES = 4  # of Δ to either side


class Properties(Panel):
    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.reset = QToolButton(toolTip="Everything as recorded: full rate, Δ auto, no noise, no masking")
        self.again = QToolButton(toolTip="Draw the noise and the masked joints again (another seed)")
        self.buttons = (self.again, self.reset)
        self.rate = ValueSlider(
            "Frame rate",
            (1, MOST_SUBSAMPLE),
            1,
            self._say_rate,
            to_value=int,
            tip="How much of the clip's frame rate the models get",
        )
        self.rate.slider.setTickInterval(1)
        self.column.addWidget(self.rate)
        self.resample = QCheckBox("Resample to the trained rate")
        self.resample.setToolTip(
            "Interpolate the thinned-out input to the rate that the model was trained at,\ninstead of rescaling Δ"
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
        self.noise = ValueSlider(
            "2D noise",
            (0, round(MOST_NOISE_PX * 2)),
            0,
            lambda px: f"{px:g} px",
            to_value=lambda step: step / 2,
            to_step=lambda px: round(px * 2),
            tip="Gaussian noise on every 2D joint, standard deviation in pixels of the camera's picture",
        )
        self.mask = ValueSlider(
            "Masked joints",
            (0, round(MOST_MASK * 100)),
            0,
            lambda share: f"{100 * share:.0f} %",
            to_value=lambda step: step / 100,
            to_step=lambda share: round(share * 100),
            tip="Share of all joints, frame by frame, that the models do not get",
        )
        self.column.addWidget(self.noise)
        self.column.addWidget(self.mask)
        self.column.addStretch()

        self.rate.changed.connect(lambda r: state.edit_input(subsample=int(r)))
        self.resample.toggled.connect(lambda on: state.edit_input(resample=on))
        self.mode.chosen.connect(self._choose_mode)
        self.delta.changed.connect(lambda factor: state.set_delta(DeltaSetting(mode="factor", factor=factor)))
        self.noise.changed.connect(lambda px: state.edit_input(noise_px=px))
        self.mask.changed.connect(lambda share: state.edit_input(mask=share))
        self.reset.clicked.connect(self._as_recorded)
        self.again.clicked.connect(lambda: state.edit_input(seed=state.settings.input.seed + 1))
        state.settings_changed.connect(self.show_settings)
        state.clip_changed.connect(lambda _: self.show_settings(state.settings))
        state.theme_changed.connect(self._dress)
        self._dress(state.theme)
        self.show_settings(state.settings)

    def show_settings(self, settings: Settings) -> None:
        given = settings.input
        self.rate.set_value(given.subsample)
        self.noise.set_value(given.noise_px)
        self.mask.set_value(given.mask)
        self.resample.blockSignals(True)
        self.resample.setChecked(given.resample)
        self.resample.blockSignals(False)
        self.mode.set_choice(settings.delta.mode)
        self.delta.set_value(self.factor(settings.delta))
        self.delta.slider.set_marks([0, self.delta._to_step(self.auto_factor())])
        cards = [card_of(slot.choice.name) for slot in settings.slots if slot.on]
        said, detail = what_follows(cards)
        self.follows.setText(said)
        self.follows.setToolTip(detail)
        self.follows.setVisible(bool(said))

    def auto_factor(self) -> float:
        """What auto takes for the first model: trained rate over the rate of the (regularly sampled) input."""
        clip, slots = self._state.clip, self._state.settings.slots
        trained = card_of(slots[0].choice.name).trained_hz if slots else 60.0
        if clip is None or not clip.rate_hz:
            return 1.0
        return trained * self._state.settings.input.subsample / clip.rate_hz

    def factor(self, delta: DeltaSetting) -> float:
        return {"auto": self.auto_factor(), "trained": 1.0, "factor": delta.factor}[delta.mode]

    def _choose_mode(self, mode: str) -> None:
        kept = self.factor(self._state.settings.delta)
        self._state.set_delta(DeltaSetting(mode=mode, factor=kept if mode == "factor" else 1.0))  # type: ignore[arg-type]

    def _as_recorded(self) -> None:
        s = self._state.settings
        self._state.edit("reset", type(s)(camera=s.camera, height_m=s.height_m, slots=s.slots))

    def _say_rate(self, keep: float) -> str:
        clip = self._state.clip
        said = f"1 in {keep:.0f}" if keep > 1 else "all"
        return f"{said} · {hertz(clip.rate_hz / keep)}" if clip is not None else said

    def _say_delta(self, factor: float) -> str:
        return f"×{factor:.2f}" if factor < 9.995 else f"×{factor:.1f}"

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.reset.setIcon(icons.icon("reset", theme.muted))
        self.again.setIcon(icons.icon("dice", theme.muted))
        for slider in (self.rate, self.delta, self.noise, self.mask):
            slider.slider.set_theme(theme)


def what_follows(cards: Sequence[ModelCard]) -> tuple[str, str]:
    """What of these models follows the rate and what does not: in a sentence, and in full for each model.

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


@cache
def card_of(model: str) -> ModelCard:
    """The model's card, which is read from disk once."""
    return find_model(model).card
