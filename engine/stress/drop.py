"""Dropped frames: lost at random, as over a busy connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from engine.stress.stress import Flag, LiveStress, Question, Range, Selection, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trial import Observation

    Float = NDArray[np.float64]

T = TypeVar("T", bound="Observation")

_STREAM = 5


def drop_frames(observation: T, fraction: float, setting: Setting) -> T:
    """Without that fraction (0 ... 1) of the frames, never the first.

    The others keep their timestamps. With the same seed a larger fraction drops the smaller one's frames too.
    """
    return observation.take(_kept(len(observation), fraction, setting.seed))


def _kept(frames: int, fraction: float, seed: int) -> NDArray[np.intp]:
    """(N,) the numbers of the frames that arrive, in order."""
    import numpy as np

    order = np.random.default_rng([seed, _STREAM]).permutation(frames - 1)
    return np.concatenate([[0], 1 + np.sort(order[round(fraction * len(order)) :])])


def _stream(fraction: float, setting: Setting, schedule: Float) -> Selection:
    kept = _kept(len(schedule), fraction, setting.seed)
    return Selection(schedule[kept], frozenset(kept.tolist()))


def _live(setting: Setting) -> LiveStress:
    """Each frame by itself: that fraction in the long run."""
    import numpy as np

    rng, first = np.random.default_rng([setting.seed, _STREAM]), True

    def passed(frame: Observation, fraction: float) -> Observation | None:
        nonlocal first
        kept = rng.random() >= fraction or first
        first = False
        return frame if kept else None

    return passed


DROP = Stress(
    field="drop",
    label="Dropped frames",
    unit="%",
    range=Range(0, 1, below=True),
    levels=(0.0, 0.1, 0.2, 0.3, 0.4, 0.6),
    applies_to=("Keypoints2D", "TrackerSignals", "MultiViewKeypoints", "MultiViewImages"),
    stage="transport",
    whole=drop_frames,
    stream=_stream,
    slider=Slider(0.8, 100, "Share of the frames that get lost at random; never the first"),
    flag=Flag("drop", "Share of frames that get lost at random."),
    question=Question(
        "Irregular", "Frames dropped", "Frames lost at random, as over a busy connection", "frames dropped"
    ),
    rank=5,
    live=_live,
)
