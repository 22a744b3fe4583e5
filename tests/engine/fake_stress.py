"""A stress as somebody outside would write it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine.stress.catalogue import STRESSES, add
from engine.stress.stress import FRACTION, Flag, FrameByFrame, Question, Slider, Stress


def dim(keypoints, level, setting):
    return replace(keypoints, confidence=(1 - level) * keypoints.confidence)


DIM = Stress(
    field="dim",
    label="Dim light",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.25, 0.5),
    applies_to=("Keypoints2D",),
    stage="detector",
    whole=dim,
    stream=lambda level, setting, schedule: FrameByFrame(schedule, lambda frame, _: dim(frame, level, setting)),
    slider=Slider(0.9, 100, "How much less sure the detector is"),
    flag=Flag("dim-light", "Fraction of the confidence that is lost."),
    question=Question("Light", "Dim light", "A detector that is less sure", "confidence lost"),
)


@contextmanager
def added(stress: Stress) -> Iterator[Stress]:
    """The stress in the catalogue for a while."""
    before = dict(STRESSES)
    add(stress)
    try:
        yield stress
    finally:
        STRESSES.clear()
        STRESSES.update(before)
