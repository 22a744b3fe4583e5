"""From a path to a clip that the window can show. No Qt; runs in a worker."""

from __future__ import annotations

from collections.abc import Callable

from app.state import LoadedClip, Reader
from app.widgets.painting import hertz, number
from engine.experiment import Cancelled, Experiment, open_source, sources
from engine.motion.clip import Keypoints2D, MotionClip
from engine.motion.stature import stature


def load(source: str, reader: Reader, cancelled: Callable[[], bool] = lambda: False) -> LoadedClip:
    """Open a file (of several sequences: the selected or the first one) with the reader's overrides.

    Raises InputError, and Cancelled where that was asked for.
    """
    experiment = Experiment(clip=source, rate_hz=reader.rate_hz, unit=reader.unit, up=reader.up)
    everything = sources(experiment)
    chosen = sources(experiment.model_copy(update={"select": reader.select})) if reader.select else everything
    if cancelled():
        raise Cancelled
    motion = open_source(chosen[0], experiment)
    return LoadedClip(
        source=source,
        reader=reader,
        motion=motion,
        card=card_rows(motion),
        notes=motion.provenance.notes,
        siblings=tuple(s.name for s in everything) if len(everything) > 1 else (),
    )


def card_rows(motion: MotionClip | Keypoints2D) -> tuple[tuple[str, str], ...]:
    """What the reader found and assumed, as label and value."""
    p = motion.provenance
    frames = len(motion)
    seconds = float(motion.times[-1] - motion.times[0])
    rows = [
        ("Format", f"{p.format} (generated)" if p.generated and p.format else p.format or "generated"),
        ("Rate", p.rate or hertz(frames / seconds if seconds else 0)),
        ("Length", f"{frames} frames, {number(seconds, 2)} s"),
        ("Unit", p.unit),
        ("Up axis", p.up),
    ]
    if isinstance(motion, MotionClip):
        rows.append(("Height", f"{stature(motion.positions):.2f} m by its skeleton"))
        rows.append(("Motion", " · ".join(part for part in (motion.category, motion.subject) if part)))
    else:
        rows.append(("Picture", f"{motion.image_size[0]} × {motion.image_size[1]} px, no 3D truth"))
    return tuple((label, value) for label, value in rows if value)
