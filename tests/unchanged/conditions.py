"""What is run through the command line, and what of its figures is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MODELS = (
    "hummuss_small",
    "hummuss_small_causal",
    "hummuss_small_anyrate",
    "hummuss_small_anyrate_causal",
    "motionbert_small",
    "motionbert_small_causal",
    "sasmamba",
    "posemamba_small",
)
CAUSAL = tuple(name for name in MODELS if name.endswith("_causal"))
BUILTIN = ("demo", "jump", "run", "sit", "squat", "turn", "walk", "wave")
REAL = {  # archive and file -> frames; other rigs, formats and ways to write them in each
    ("test", "03/03_02.amc"): "0:365",
    ("test", "07/07_01.bvh"): "0:157",
    ("test", "07/07_04.bvh"): "0:225",
    ("test", "11/11_01.amc"): "0:597",
    ("test", "11/11_01.bvh"): "8:598",
    ("test", "135/135_04.bvh"): "200:800",
    ("val", "05/05_11.bvh"): "0:296",
    ("val", "zombieU/zombie.amc"): "300:900",
}
TROUBLES = {  # name -> one frame in this many of 60 Hz, options
    "60 Hz": (1, ()),
    "15 Hz": (4, ()),
    "7.5 Hz": (8, ()),
    "drop": (1, ("--drop", "0.3")),
    "mask": (1, ("--mask", "0.2")),
    "noise": (1, ("--noise", "5")),
}
WHOLE = "demo"
"""The built-in clip that is not cut: longer than two windows of 243 frames, so that windows overlap."""
FAST_CLIPS = ("builtin:walk", "cmu/11/11_01.bvh")
FAST_TROUBLES = ("60 Hz", "7.5 Hz", "drop")
FAST_SESSIONS = ("per-model", "file")


@dataclass(frozen=True)
class Condition:
    """One command whose figures are stored.

    arguments  of the command, without --json
    fast       whether it belongs to the small subset
    left_out   keys whose values are not kept, beside the volatile ones
    rounding   keys of lengths in metres that must only be below 1e-5: what is kept is whether they are
    printed    the command's own --json prints, rather than writing to a file
    """

    name: str
    arguments: tuple[str, ...]
    fast: bool = False
    left_out: frozenset[str] = frozenset()
    rounding: frozenset[str] = frozenset()
    printed: bool = False


REAL_ONLY = "cmu/"
"""In the name of every condition that needs the real clips."""


def conditions(real: Path | None, sessions: Path, rate_of: Callable[[str], float]) -> Iterator[Condition]:
    """All of them, in order.

    real      the folder with the archives' files and `pairs.tar.xz`; None leaves these out
    sessions  the folder with the saved sessions
    rate_of   the frame rate of a clip
    """
    yield Condition("models", ("models",), left_out=frozenset({"summary", "follows_rate", "system"}), printed=True)
    for name in BUILTIN:
        yield from _evaluations(f"builtin:{name}", f"builtin:{name}", "0:600" if name == WHOLE else "0:300", rate_of)
    if real is not None:
        for (_, file), frames in REAL.items():
            yield from _evaluations(f"cmu/{file}", str(real / file), frames, rate_of)
        yield Condition(
            "eval cmu/pairs.tar.xz",
            ("eval", "--clip", str(real / "pairs.tar.xz"), "--models", "hummuss_small_causal", "--frames", "0:120"),
        )
    yield from _sweeps()
    for model in CAUSAL:
        arguments = ("check", "streaming", "--clip", "builtin:walk", "--model", model, "--frames", "0:300")
        yield Condition(
            f"check streaming {model}",
            arguments,
            fast=model == "hummuss_small_causal",
            rounding=frozenset({"max_difference_m", "frame_by_frame_m", "chunked_m"}),
        )
    for file in sorted(sessions.glob("*.json")):
        yield Condition(f"session {file.stem}", ("eval", "--session", str(file)), fast=file.stem in FAST_SESSIONS)
    changed = ("eval", "--session", str(sessions / "trouble.json"), "--noise", "8", "--models", "posemamba_small")
    yield Condition("session trouble, changed", changed)
    small = "hummuss_small_causal,motionbert_small_causal"
    yield Condition(
        "bench streaming",
        ("bench", "streaming", "--contexts", "27", "--threads", "1", "--models", small),
        left_out=frozenset({"frames", "bfloat16_error"}),
    )


def _evaluations(name: str, clip: str, frames: str, rate_of: Callable[[str], float]) -> Iterator[Condition]:
    thinned = max(1, round(rate_of(clip) / 60))
    common = ("eval", "--clip", clip, "--models", ",".join(MODELS), "--frames", frames)
    for trouble, (step, options) in TROUBLES.items():
        yield Condition(
            f"eval {name}, {trouble}",
            (*common, "--subsample", str(thinned * step), *options),
            fast=name in FAST_CLIPS and trouble in FAST_TROUBLES,
        )


def _sweeps() -> Iterator[Condition]:
    models = ("--models", "hummuss_small,motionbert_small_causal", "--frames", "0:300")
    for clip in ("builtin:walk", "builtin:jump"):
        yield Condition(f"sweep {clip}", ("sweep", "--clip", clip, *models, "--rates", "1,2,4,8,16"))
    yield Condition("sweep builtin:walk, drop", ("sweep", "--clip", "builtin:walk", *models, "--vary", "drop"))
