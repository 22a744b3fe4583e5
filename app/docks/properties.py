"""The experiment's knobs: frame rate, Δ, and what the input suffers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import QCheckBox, QToolButton

from app.docks.panel import Panel, hint
from app.look import icons
from app.look.theme import THEMES
from app.state.state import Settings, State
from app.widgets.fold import Fold
from app.widgets.painting import hertz
from app.widgets.segmented import Segmented
from app.widgets.sliders import ValueSlider, log_slider
from engine.experiment.pipeline import frame_rate
from engine.experiment.settings import DeltaSetting
from engine.models.card import ModelCard
from engine.models.registry import find_model

MOST_SUBSAMPLE = 16
MOST_NOISE_PX = 20.0
MOST_MASK = 0.6
MOST_LIMBS, MOST_BAR, MOST_DROP, MOST_JITTER = 0.6, 0.4, 0.8, 0.45
OCTAVES = 4  # of Δ to either side


class Properties(Panel):
    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.reset = QToolButton(toolTip="Everything as recorded: full rate, Δ auto, no stress")
        self.again = QToolButton(toolTip="Draw everything that is random again (another seed)")
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
        self.mask = share_slider(
            "Masked joints", MOST_MASK, "Share of all joints, frame by frame, that the models do not get"
        )
        self.column.addWidget(self.noise)
        self.column.addWidget(self.mask)
        self.more = Fold("More stress", "Hidden limbs, a moving bar, dropped frames, an unsteady clock")
        self.limbs = share_slider(
            "Hidden limbs", MOST_LIMBS, "Share of the time during which each arm and leg is hidden, a second on end"
        )
        self.bar = share_slider(
            "Moving bar", MOST_BAR, "Width of a bar that sweeps over the picture and hides the joints beneath"
        )
        self.bar_direction = Segmented(
            {
                "upright": ("Sideways", "An upright bar that moves from left to right and back"),
                "level": ("Up and down", "A level bar that moves down and up"),
            }
        )
        self.drop = share_slider(
            "Dropped frames", MOST_DROP, "Share of the frames that get lost at random; never the first"
        )
        self.jitter = ValueSlider(
            "Clock jitter",
            (0, round(MOST_JITTER * 100)),
            0,
            lambda share: f"±{100 * share:.0f} % of a frame",
            to_value=lambda step: step / 100,
            to_step=lambda share: round(share * 100),
            tip="Frames are taken early or late by up to this, and stamped with the true time",
        )
        self.nominal = QCheckBox("One Δ for all frames")
        self.nominal.setToolTip(
            "Δ from the median frame period, instead of each frame's own gap:\n"
            "what happens if nobody looks at the timestamps"
        )
        for control in (self.limbs, self.bar, self.bar_direction, self.drop, self.jitter, self.nominal):
            self.more.column.addWidget(control)
        self.column.addWidget(self.more)
        self.column.addStretch()

        self.rate.changed.connect(lambda r: state.edit_input(subsample=int(r)))
        self.resample.toggled.connect(lambda on: state.edit_input(resample=on))
        self.mode.chosen.connect(self._choose_mode)
        self.delta.changed.connect(lambda factor: state.set_delta(DeltaSetting(mode="factor", factor=factor)))
        self.noise.changed.connect(lambda px: state.edit_input(noise_px=px))
        self.mask.changed.connect(lambda share: state.edit_input(mask=share))
        self.limbs.changed.connect(lambda share: state.edit_input(limbs=share))
        self.bar.changed.connect(lambda width: state.edit_input(bar=width))
        self.bar_direction.chosen.connect(lambda direction: state.edit_input(bar_direction=direction))
        self.drop.changed.connect(lambda share: state.edit_input(drop=share))
        self.jitter.changed.connect(lambda share: state.edit_input(clock_jitter=share))
        self.nominal.toggled.connect(lambda on: self._choose_mode("nominal" if on else "auto"))
        self.more.button.toggled.connect(lambda _: QTimer.singleShot(0, lambda: self.ensureWidgetVisible(self.more)))
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
        self.limbs.set_value(given.limbs)
        self.bar.set_value(given.bar)
        self.bar_direction.set_choice(given.bar_direction)
        self.bar_direction.setVisible(given.bar > 0)
        self.drop.set_value(given.drop)
        self.jitter.set_value(given.clock_jitter)
        active = sum(level > 0 for level in (given.limbs, given.bar, given.drop, given.clock_jitter))
        self.more.set_note(f"{active} on" if active else "")
        mode = settings.delta.mode
        for box, on in ((self.resample, given.resample), (self.nominal, mode == "nominal")):
            with QSignalBlocker(box):
                box.setChecked(on)
        self.nominal.setEnabled(mode == "nominal" or (mode == "auto" and self._irregular()))
        self.mode.set_choice("auto" if mode == "nominal" else mode)
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
        """What the slider shows; per frame, where auto has no one answer, the nominal one."""
        if delta.mode == "factor":
            return delta.factor
        return 1.0 if delta.mode == "trained" else self.auto_factor()

    def _irregular(self) -> bool:
        """Whether each frame of the input has a gap of its own."""
        given, clip = self._state.settings.input, self._state.clip
        if given.drop > 0 or given.clock_jitter > 0:
            return True
        return clip is not None and not isinstance(frame_rate(clip.times, DeltaSetting(), 1.0), float)

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
        said = f"×{factor:.2f}" if factor < 9.995 else f"×{factor:.1f}"
        return f"about {said}, per frame" if self._state.settings.delta.mode == "auto" and self._irregular() else said

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.reset.setIcon(icons.icon("reset", theme.muted))
        self.again.setIcon(icons.icon("dice", theme.muted))
        sliders = (self.rate, self.delta, self.noise, self.mask, self.limbs, self.bar, self.drop, self.jitter)
        for slider in sliders:
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


def share_slider(name: str, most: float, tip: str) -> ValueSlider:
    """A slider from 0 to a share, in percent."""
    return ValueSlider(
        name,
        (0, round(most * 100)),
        0,
        lambda share: f"{100 * share:.0f} %",
        to_value=lambda step: step / 100,
        to_step=lambda share: round(share * 100),
        tip=tip,
    )


@cache
def card_of(model: str) -> ModelCard:
    """The model's card, which is read from disk once."""
    return find_model(model).card
