"""Cost of one streamed frame as its past grows: a state space model's step against a causal transformer.

    step    HumMUSS reads the frame and its state, whose size is fixed
    cache   MotionBERT reads the frame and the keys and values of every frame in its context
    window  MotionBERT runs every frame in its context again, as published code does

Each is measured as its modules are written (plain) and, on a CPU, optimised in the same ways: linear layers packed,
and packed in bfloat16. Weights are random, which times do not depend on. Only the networks are timed, not the follow
camera around them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from engine.bench.peak_memory import PeakMemory
from engine.errors import InputError
from engine.models.devices import check_device
from engine.models.families import build, find_model
from engine.models.hummuss.fast_step import StepRunner
from engine.models.hummuss.network import HumMUSS
from engine.models.motionbert.network import MotionBERT
from engine.models.packed_linear import can_pack, with_packed_linears
from engine.progress import Cancel, Cancelled, Progress

CONTEXTS = (27, 81, 243, 729, 2187)
PRESETS = ("hummuss_16m_causal", "motionbert_lite_causal")
SYSTEMS = ("step", "cache", "window")
VARIANTS = {"plain": None, "packed": torch.float32, "bfloat16": torch.bfloat16}
"""What each is optimised by, and the type of its packed weights."""

ROUNDS = 5
ROUND_S = 0.3
CALLS = 20
LONG_S = 5.0
"""Measurements go round by round through everything that is compared, so that a drift of the machine meets all alike:
up to CALLS frames or ROUND_S seconds each. What took LONG_S seconds is not measured any longer."""

Call = Callable[[], object]


@dataclass(frozen=True)
class Measured:
    """One frame with `context` frames behind it.

    ms, ms_p90    median and 90th percentile over `frames` frames
    state_bytes   what is kept from one frame to the next
    peak_bytes    what one frame needs beyond that while it is computed; None where that cannot be seen
    """

    system: str
    variant: str
    context: int
    batch: int
    ms: float
    ms_p90: float
    frames: int
    state_bytes: int
    peak_bytes: int | None


@dataclass(frozen=True)
class StreamingBench:
    """Everything that was measured in one run; bfloat16_error is the step's, relative to its largest output."""

    device: str
    threads: int
    presets: tuple[str, str]
    parameters: tuple[int, int]
    bfloat16_error: float | None
    rows: tuple[Measured, ...]

    def find(self, system: str, variant: str, context: int, batch: int = 1) -> Measured | None:
        key = (system, variant, context, batch)
        return next((r for r in self.rows if (r.system, r.variant, r.context, r.batch) == key), None)

    def ratio(self, over: tuple[str, str], under: tuple[str, str], context: int, batch: int = 1) -> float | None:
        """How many times longer the (system, variant) `over` takes than `under`."""
        slow, fast = self.find(*over, context, batch), self.find(*under, context, batch)
        return slow.ms / fast.ms if slow and fast else None

    @property
    def contexts(self) -> list[int]:
        return sorted({row.context for row in self.rows})

    @property
    def batches(self) -> list[int]:
        return sorted({row.batch for row in self.rows})

    @property
    def variants(self) -> list[str]:
        return [v for v in VARIANTS if any(row.variant == v for row in self.rows)]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Frame:
    """One frame that can be computed again and again at the same context."""

    system: str
    variant: str
    call: Call
    state_bytes: int


@torch.random.fork_rng()
def bench_streaming(
    *,
    contexts: Sequence[int] = CONTEXTS,
    batches: Sequence[int] = (1,),
    device: str = "cpu",
    threads: int | None = None,
    presets: tuple[str, str] = PRESETS,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> StreamingBench:
    """Measure a causal HumMUSS and a causal MotionBERT, `presets`, with fresh weights.

    threads of a CPU; None takes all cores up to eight. Raises InputError for presets or a device that will not do, and
    Cancelled.
    """
    check_device(device, "the bench")
    torch.manual_seed(0)  # times depend on no weights, but bfloat16's error does
    cards = [find_model(name).bare_card for name in presets]
    if [card.system for card in cards] != ["HumMUSS", "MotionBERT"]:
        raise InputError(f"The bench compares a HumMUSS with a MotionBERT; {' and '.join(presets)} are not.")
    if not all(card.causal for card in cards):
        raise InputError("The bench streams, which takes causal models; choose presets that are.")
    hummuss, motionbert = cast(HumMUSS, build(presets[0])), cast(MotionBERT, build(presets[1]))
    before = torch.get_num_threads()
    torch.set_num_threads(threads or min(8, os.cpu_count() or 1))
    try:
        with torch.inference_mode():
            rows = _measure(
                hummuss.eval().to(device), motionbert, sorted(set(contexts)), batches, torch.device(device),
                progress or (lambda share, text: None), cancel or (lambda: False),
            )  # fmt: skip
        return StreamingBench(
            torch.cuda.get_device_name() if device != "cpu" else "CPU",
            torch.get_num_threads(),
            presets,
            (_parameters(hummuss), _parameters(motionbert)),
            _bfloat16_error(hummuss) if can_pack(torch.bfloat16, torch.device(device)) else None,
            tuple(rows),
        )
    finally:
        torch.set_num_threads(before)


def _measure(
    hummuss: HumMUSS,
    motionbert: MotionBERT,
    contexts: Sequence[int],
    batches: Sequence[int],
    device: torch.device,
    progress: Progress,
    cancel: Cancel,
) -> list[Measured]:
    rows: list[Measured] = []
    variants = [name for name, dtype in VARIANTS.items() if dtype is None or can_pack(dtype, device)]
    for number, batch in enumerate(batches):
        stream = _Stream(hummuss, variants, batch)
        for k, context in enumerate(contexts):
            progress((number + k / len(contexts)) / len(batches), f"{context} frames, batch {batch}")
            if cancel():
                raise Cancelled
            frames = [
                *stream.frames(context, cancel),
                *_transformer_frames(motionbert, variants, context, batch, device),
            ]
            rows += _timed(frames, context, batch, device, cancel)
    progress(1.0, "done")
    return rows


class _Stream:
    """A HumMUSS stream that has run through all frames up to the present context."""

    def __init__(self, network: HumMUSS, variants: Sequence[str], batch: int) -> None:
        self.steps = {v: network.step if v == "plain" else StepRunner(network, VARIANTS[v]).step for v in variants}
        self.quick = self.steps["packed" if "packed" in variants else "plain"]
        self.inputs = network.represent.weight.new_zeros(batch, 17, 3).normal_()
        self.state, self.length = network.init_state(batch), 0

    def frames(self, context: int, cancel: Cancel) -> Iterator[_Frame]:
        while self.length < context - 1:
            if cancel():
                raise Cancelled
            _, self.state = self.quick(self.inputs, self.state)
            self.length += 1
        held = sum(s.numel() * s.element_size() for s in self.state)
        state = self.state
        for variant, step in self.steps.items():
            yield _Frame("step", variant, lambda step=step: step(self.inputs, state), held)  # type: ignore[misc]


def _transformer_frames(
    network: MotionBERT, variants: Sequence[str], context: int, batch: int, device: torch.device
) -> Iterator[_Frame]:
    """The last frame that fits a position table of `context` frames; the cache before it is filled with noise."""
    plain = MotionBERT(replace(network.config, max_frames=context)).eval().to(device)
    state = plain.init_state(batch)
    for cache in state.caches:
        cache.keys.normal_()
        cache.values.normal_()
    frame = torch.randn(batch, 17, 3, device=device)
    window = torch.randn(batch, context - 1, 17, 3, device=device)

    def cached(model: MotionBERT) -> Tensor:
        state.inputs.clear()
        for cache in state.caches:
            cache.length = context - 1
        return model.step(frame, state)[0]

    models = {v: plain if v == "plain" else with_packed_linears(plain, VARIANTS[v]) for v in variants}
    for variant, model in models.items():
        kept = window.numel() * window.element_size()
        yield _Frame("cache", variant, lambda model=model: cached(model), state.bytes)  # type: ignore[misc]
        yield _Frame("window", variant, lambda model=model: model.rerun_step(frame, window), kept)  # type: ignore[misc]


def _timed(
    frames: Sequence[_Frame], context: int, batch: int, device: torch.device, cancel: Cancel
) -> Iterator[Measured]:
    first, peaks = zip(*(_first_call(frame.call, device) for frame in frames), strict=True)
    seconds: list[list[float]] = [[taken] if taken > LONG_S else [] for taken in first]
    for _ in range(ROUNDS):
        for frame, taken, mine in zip(frames, first, seconds, strict=True):
            if cancel():
                raise Cancelled
            if sum(mine) < LONG_S:
                calls = max(1, min(CALLS, int(ROUND_S / taken)))
                mine += [_seconds(frame.call, device) for _ in range(calls)]
    for frame, mine, peak in zip(frames, seconds, peaks, strict=True):
        median, p90 = 1e3 * np.percentile(mine, (50, 90))
        yield Measured(
            frame.system, frame.variant, context, batch, float(median), float(p90), len(mine), frame.state_bytes, peak
        )


def _first_call(call: Call, device: torch.device) -> tuple[float, int | None]:
    """Seconds and peak memory of a call that also warms up."""
    if device.type != "cpu":
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()
        _seconds(call, device)  # the first one also loads kernels
        taken = _seconds(call, device)
        return taken, torch.cuda.max_memory_allocated() - held
    watch = PeakMemory()
    return _seconds(call, device), watch.growth()


def _seconds(call: Call, device: torch.device) -> float:
    if device.type != "cpu":
        torch.cuda.synchronize()
    start = time.perf_counter()
    call()
    if device.type != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


@torch.no_grad()
def _bfloat16_error(network: HumMUSS, frames: int = 20) -> float:
    """Largest difference between the step in bfloat16 and the plain one, relative to the largest output."""
    runner = StepRunner(network, torch.bfloat16)
    exact, rounded, worst, largest = network.init_state(1), network.init_state(1), 0.0, 0.0
    for _ in range(frames):
        u = torch.randn(1, 17, 3)
        wanted, exact = network.step(u, exact)
        found, rounded = runner.step(u, rounded)
        worst = max(worst, float((found - wanted).abs().max()))
        largest = max(largest, float(wanted.abs().max()))
    return worst / largest


def _parameters(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
