"""Rate policies: how a model meets a frame rate that it was not trained at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.errors import InputError
from engine.experiment.plain import Plain
from engine.observation.trial import Observation

Float = NDArray[np.float64]
Rate = float | Float
"""Elapsed time in units of the model's own period: one number, or (T,) the time before each frame."""
Kind = TypeVar("Kind", bound=Observation)

Mode = Literal["auto", "nominal", "trained", "factor", "resample"]

MAX_FRAMES = 2_000_000
"""Of a resampled recording: nine hours at 60 Hz."""


@dataclass(frozen=True)
class ModeText:
    """What a mode is called: beside other modes, in a label of one model, and in a tooltip."""

    label: str
    short: str
    tip: str


MODES: dict[Mode, ModeText] = {
    "trained": ModeText(
        "Δ as trained", "Δ trained", "Δ is left as it was learned: what happens if nobody thinks of it"
    ),
    "auto": ModeText(
        "Δ rescaled", "Δ auto", "Δ follows the timestamps, frame by frame: what a state space model offers"
    ),
    "nominal": ModeText("Δ nominal", "Δ nominal", "One Δ for all frames, from the median frame period"),
    "resample": ModeText(
        "input resampled",
        "resampled",
        "The input interpolated to the trained rate: the honest alternative for any model",
    ),
    "factor": ModeText("Δ by hand", "Δ", "Δ is multiplied by a factor that somebody chose"),
}
"""In the order of tables."""
REGULAR: tuple[Mode, ...] = ("trained", "auto", "resample")
"""The modes that a sweep over regular frame rates compares."""
IRREGULAR: tuple[Mode, ...] = ("auto", "nominal", "resample")
"""The modes that tell something where frames come irregularly."""


class RatePolicy(Plain):
    """What a model is given at a frame rate that is not its own.

    "auto"      Δ follows the timestamps, frame by frame where they are irregular
    "nominal"   Δ is one number, from the median frame period
    "trained"   Δ stays as it was learned
    "factor"    Δ is multiplied by `factor`
    "resample"  the input is interpolated to the rate that the card names, and the prediction read off in between;
                Δ is then multiplied by `factor`, which is 1 unless somebody chose it
    """

    mode: Mode = "auto"
    factor: Annotated[float, Field(gt=0)] = 1.0

    def __str__(self) -> str:
        chosen = self.mode == "factor" or self.factor != 1
        return f"{MODES[self.mode].short}{f' ×{self.factor:g}' if chosen else ''}"

    def given(self, observation: Kind, card: Rates) -> tuple[Kind, Rate]:
        """What a model gets of an observation, and what its Δ is multiplied by. Raises InputError, as `resampled`."""
        if self.mode == "resample":
            at = resampled(observation, card.resample_hz)
            return at, self.factor * _one(elapsed(at.times, card.rate_hz))
        if self.mode == "factor":
            return observation, self.factor
        if self.mode == "trained":
            return observation, 1.0
        rate = elapsed(observation.times, card.rate_hz)
        return observation, _one(rate) if self.mode == "nominal" else rate


class Rates(Protocol):
    """What a model's card says of frame rates."""

    @property
    def rate_hz(self) -> float: ...
    @property
    def resample_hz(self) -> float: ...


def elapsed(times: Float, rate_hz: float) -> Rate:
    """The time before each frame, in periods of `rate_hz`: one number where sampling is uniform (to 1e-6), else (T,).

    Before the first frame the median. 1 for a single frame. times (T,) seconds.
    """
    if len(times) < 2:
        return 1.0
    gaps = np.diff(times) * rate_hz
    mean = float(gaps.mean())
    if np.ptp(gaps) <= 1e-6 * mean:
        return round(mean, 9)  # 4.0 rather than 3.9999999999999996
    return np.concatenate([[np.median(gaps)], gaps])


def resampled(observation: Kind, hz: float) -> Kind:
    """An observation at a uniform rate; the last frame may lie just after the last time.

    The observation itself where it has that rate already (to a nanosecond). InputError where the timestamps span more
    than `MAX_FRAMES`: a gap of years between two frames.
    """
    span = observation.times[-1] - observation.times[0]
    if span * hz > MAX_FRAMES:
        raise InputError(
            f"{observation.name}: its timestamps span {span:.3g} s, too long to resample to {hz:g} Hz; choose fewer"
            " frames, correct the times, or let Δ follow them instead."
        )
    times = observation.times[0] + np.arange(int(np.ceil(span * hz - 1e-6)) + 1) / hz
    if len(times) == len(observation) and np.allclose(times, observation.times, rtol=0, atol=1e-9):
        return observation
    return observation.at(times)


def _one(rate: Rate) -> float:
    """One number for all frames: the median period."""
    return rate if isinstance(rate, float) else float(rate[0])
