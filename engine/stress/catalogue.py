"""The catalogue of stresses, and their application one after the other.

First come those that decide when the camera takes its frames, then what a troubled detector finds in them, then
sub-sampling, then what gets lost on the way. Troubles come before thinning out, so that a kept frame looks the same
whatever the rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, get_args

from engine.errors import InputError
from engine.stress.bar import BAR
from engine.stress.blind_camera import BLIND_CAMERA
from engine.stress.clock import CLOCK
from engine.stress.detector_noise import DETECTOR_NOISE
from engine.stress.drop import DROP
from engine.stress.dropped_cameras import DROPPED_CAMERAS
from engine.stress.hand_drift import HAND_DRIFT
from engine.stress.late_camera import LATE_CAMERA
from engine.stress.limbs import LIMBS
from engine.stress.lost_hands import LOST_HANDS
from engine.stress.mask import MASK
from engine.stress.noise import NOISE
from engine.stress.stress import Setting, Stage, Stress, StressStream
from engine.stress.subsample import subsample as thinned
from engine.stress.subsample import subsample_stream
from engine.stress.swapped_sides import SWAPPED_SIDES
from engine.stress.tracker_noise import TRACKER_NOISE
from engine.stress.turned_camera import TURNED_CAMERA

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trial import Observation

    Float = NDArray[np.float64]

T = TypeVar("T", bound="Observation")
_STAGES = get_args(Stage)

STRESSES: dict[str, Stress] = {}
"""By field, in the order of application; add further ones with `add`."""


def add(stress: Stress) -> None:
    """Put a stress into the catalogue, after the others of its stage."""
    if stress.field in STRESSES:
        raise ValueError(f"there is a stress {stress.field!r} already")
    ordered = sorted([*STRESSES.values(), stress], key=lambda each: _STAGES.index(each.stage))
    STRESSES.clear()
    STRESSES.update((each.field, each) for each in ordered)


_BUILT_IN = (
    CLOCK, MASK, LIMBS, BAR, NOISE, HAND_DRIFT, TRACKER_NOISE, LOST_HANDS,
    DETECTOR_NOISE, SWAPPED_SIDES, DROPPED_CAMERAS, TURNED_CAMERA, LATE_CAMERA, BLIND_CAMERA, DROP,
)  # fmt: skip
for _stress in _BUILT_IN:
    add(_stress)


def in_panel_order() -> list[Stress]:
    """The stresses as people meet them among sliders and flags."""
    return sorted(STRESSES.values(), key=lambda stress: stress.rank)


def apply(
    observation: T,
    levels: Mapping[str, float],
    options: Mapping[str, str],
    subsample: int,
    seed: int,
    person: int = 0,
) -> T:
    """The observation as the models get it: degraded, sub-sampled, and without the frames that got lost.

    levels   by `Stress.field`; 0 and a missing one change nothing, bit for bit
    options  by `Option.field`; a missing one is the option's default
    person   as of `Setting`

    Raises InputError for an unknown stress, and for one that does not apply to this kind of observation.
    """
    setting = Setting(seed, subsample, options, person)
    before, after = _active(levels)
    _check(observation, [*before, *after])
    for stress in before:
        observation = stress.whole(observation, levels[stress.field], setting)
    observation = thinned(observation, subsample)
    for stress in after:
        observation = stress.whole(observation, levels[stress.field], setting)
    return observation


def clean(observation: T, levels: Mapping[str, float], subsample: int, seed: int) -> T:
    """The frames of `apply` as a perfect detector sees them."""
    return apply(observation, _of_the_frames(levels), {}, subsample, seed)


class StressChain:
    """The one-frame twin of `apply`: frames of a recording go in, those that a model gets come out.

    schedule  times (N,) of the frames that will come out
    """

    def __init__(self, streams: Sequence[StressStream], stresses: Sequence[Stress]) -> None:
        self._streams, self._stresses = streams, stresses
        self.schedule = streams[-1].schedule

    def push(self, frame: T) -> list[T]:
        """Take the recording's next frame, an observation of one. Raises InputError as `apply`."""
        _check(frame, self._stresses)
        given = [frame]
        for stream in self._streams:
            given = [out for each in given for out in stream.push(each)]
        return given

    def end(self) -> list[Observation]:
        """Give the frames that were held back, after the recording's last one."""
        given: list[Observation] = []
        for stream in self._streams:
            given = [out for each in given for out in stream.push(each)] + list(stream.end())
        return given


def stream(
    schedule: Float, levels: Mapping[str, float], options: Mapping[str, str], subsample: int, seed: int
) -> StressChain:
    """`apply` for one frame after the other; schedule: the times (T,) of the recording. Raises InputError."""
    setting = Setting(seed, subsample, options)
    before, after = _active(levels)
    streams: list[StressStream] = []
    for stress in before:
        streams.append(stress.stream(levels[stress.field], setting, schedule))
        schedule = streams[-1].schedule
    streams.append(subsample_stream(schedule, subsample))
    for stress in after:
        streams.append(stress.stream(levels[stress.field], setting, streams[-1].schedule))
    return StressChain(streams, [*before, *after])


def clean_stream(schedule: Float, levels: Mapping[str, float], subsample: int, seed: int) -> StressChain:
    """`clean` for one frame after the other, as `stream`."""
    return stream(schedule, _of_the_frames(levels), {}, subsample, seed)


def _active(levels: Mapping[str, float]) -> tuple[list[Stress], list[Stress]]:
    """The stresses of a level above 0, before and after sub-sampling."""
    for field in levels.keys() - STRESSES.keys():
        raise InputError(f"There is no stress {field!r}; choose one of {', '.join(STRESSES)}.")
    active = [stress for field, stress in STRESSES.items() if levels.get(field, 0.0) > 0]
    late = [stress for stress in active if stress.stage == "transport"]
    return [stress for stress in active if stress not in late], late


def _of_the_frames(levels: Mapping[str, float]) -> dict[str, float]:
    """The levels that decide which frames there are, and when."""
    return {field: level for field, level in levels.items() if field not in STRESSES or STRESSES[field].irregular}


def _check(observation: Observation, stresses: Sequence[Stress]) -> None:
    for stress in stresses:
        kind = type(observation).__name__
        if kind not in stress.applies_to:
            raise InputError(f"{observation.name}: {stress.label} cannot be applied to {kind}; set it to 0.")
