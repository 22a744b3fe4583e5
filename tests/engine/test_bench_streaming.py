"""The streaming bench: what it times is what it says, its sizes are exact, its tables and picture show them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from engine.bench import streaming as module
from engine.bench.peak_memory import PeakMemory
from engine.bench.streaming import Measured, StreamingBench, bench_streaming
from engine.cli.app import app
from engine.errors import InputError
from engine.export.chart import COLUMN, PNG_DPI
from engine.export.palette import model_colour
from engine.export.streaming_chart import streaming_chart
from engine.export.streaming_report import SYSTEM_LABELS, streaming_markdown
from engine.models.families import build
from engine.models.hummuss.network import HumMUSS
from engine.models.motionbert import blocks as motionbert
from engine.models.motionbert.network import MotionBERT
from engine.models.packed_linear import can_pack
from engine.progress import Cancelled

SMALL = ("hummuss_small_causal", "motionbert_small_causal")
CONTEXTS = (3, 6)
VARIANTS = [v for v, dtype in module.VARIANTS.items() if dtype is None or can_pack(dtype, torch.device("cpu"))]


@pytest.fixture(scope="module")
def bench() -> StreamingBench:
    return bench_streaming(contexts=CONTEXTS, threads=1, presets=SMALL)


def made_up(step_ms: float = 10.0) -> StreamingBench:
    rows = [
        Measured(system, variant, context, 1, factor * ms, 1.1 * factor * ms, 5, 2_500_000, 1_000_000)
        for system, ms in (("step", step_ms), ("cache", 30.0), ("window", 900.0))
        for variant, factor in (("plain", 1.0), ("packed", 0.5))
        for context in (27, 243)
    ]
    return StreamingBench("CPU", 2, SMALL, (16_000_000, 15_000_000), None, tuple(rows))


@pytest.mark.slow
def test_everything_is_measured_once(bench: StreamingBench) -> None:
    found = [(r.system, r.variant, r.context, r.batch) for r in bench.rows]
    assert sorted(found) == sorted((s, v, c, 1) for s in module.SYSTEMS for v in VARIANTS for c in CONTEXTS)
    assert all(0 < r.ms <= r.ms_p90 and r.frames >= module.ROUNDS for r in bench.rows)
    assert bench.parameters == tuple(sum(p.numel() for p in build(name).parameters()) for name in SMALL)


@pytest.mark.slow
def test_sizes_of_what_is_kept(bench: StreamingBench) -> None:
    for context in CONTEXTS:
        kept = {s: bench.find(s, "plain", context).state_bytes for s in module.SYSTEMS}  # type: ignore[union-attr]
        assert kept["step"] == 6 * 17 * 32 * 4 * 8  # SSMs over time, joints, channels, stored states, complex64
        assert kept["cache"] == 2 * 6 * 17 * context * 64 * 4  # keys and values, attentions, joints, frames, width
        assert kept["window"] == (context - 1) * 17 * 3 * 4


@torch.no_grad()
@pytest.mark.parametrize("system", ["cache", "window"])
def test_a_transformer_s_frame_attends_to_the_whole_context(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("motionbert_small_causal")
    assert isinstance(network, MotionBERT)
    frames = module._transformer_frames(network, ["plain"], 300, 1, torch.device("cpu"))
    call = next(frame.call for frame in frames if frame.system == system)
    given = motionbert.attend
    seen = []

    def attend(q: Tensor, k: Tensor, v: Tensor, *, causal: bool) -> Tensor:
        seen.append((q.shape[-2], k.shape[-2]))
        return given(q, k, v, causal=causal)

    monkeypatch.setattr(motionbert, "attend", attend)
    for _ in range(2):
        seen.clear()
        call()
        over_time = (1, 300) if system == "cache" else (300, 300)
        assert seen.count(over_time) == 6 and seen.count((17, 17)) == 6


def test_ratios_compare_like_with_like() -> None:
    bench = made_up()
    assert bench.ratio(("window", "plain"), ("step", "plain"), 243) == 90
    assert bench.ratio(("cache", "plain"), ("step", "packed"), 27) == 6
    assert bench.ratio(("cache", "bfloat16"), ("step", "packed"), 27) is None


def test_tables() -> None:
    lines = streaming_markdown(made_up()).splitlines()
    cells = {line[0]: line[1:] for line in ([cell.strip() for cell in text.strip("|").split("|")] for text in lines)}
    assert cells["HumMUSS step, packed"] == ["5 (5.5)", "5 (5.5)"]
    assert cells["MotionBERT, window again: as written, step packed (as streams run it)"] == ["×180", "×180"]
    assert cells["MotionBERT, key/value cache: both packed"] == ["×3", "×3"]
    assert cells["HumMUSS step: kept between frames"] == ["2.5", "2.5"]


def test_the_chart_shows_every_system() -> None:
    figure = streaming_chart(made_up())
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["27", "243"]
    assert axes.get_ylabel() == "time per frame (ms)" and axes.get_xlabel() == "context (frames)"
    for k, ms in enumerate((10.0, 30.0, 900.0)):
        written, packed = axes.lines[2 * k : 2 * k + 2]
        assert list(written.get_ydata()) == [ms, ms] and list(packed.get_ydata()) == [ms / 2, ms / 2]
        assert list(packed.get_xdata()) == [27, 243]
        assert written.get_color() == packed.get_color() == model_colour(k)
        assert (written.get_linestyle(), packed.get_linestyle()) == ("--", "-")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:3] == list(SYSTEM_LABELS.values()) and "as written" in labels


def test_the_chart_has_a_panel_for_each_batch_and_one_line_where_nothing_was_packed() -> None:
    bench = made_up()
    rows = [row for row in bench.rows if row.variant == "plain"]
    both = replace(bench, rows=(*rows, *(replace(row, batch=32) for row in rows)))
    figure = streaming_chart(both)
    assert [len(axes.lines) for axes in figure.axes] == [3, 3]
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["CPU, batch 1", "CPU, batch 32"]
    assert len(figure.legends[0].get_texts()) == 3


@pytest.mark.slow
def test_command(tmp_path: Path) -> None:
    files = ["--json", str(tmp_path / "b.json"), "--plot", str(tmp_path / "b.png")]
    done = CliRunner().invoke(
        app, ["bench", "streaming", "--contexts", "4,2", "--threads", "1", "--models", ",".join(SMALL), *files]
    )
    assert done.exit_code == 0, done.output
    assert re.search(r"\| ms per frame: median \(90th percentile\) +\| +2 \| +4 \|", done.output)
    assert {row["context"] for row in json.loads((tmp_path / "b.json").read_text())["rows"]} == {2, 4}
    assert cv2.imread(str(tmp_path / "b.png")).shape[1] == round(COLUMN * PNG_DPI)


@pytest.mark.parametrize(
    "models", ["hummuss_small_causal,hummuss_small_causal", "hummuss_small,motionbert_small_causal", "a"]
)
def test_models_that_will_not_do_are_refused(models: str) -> None:
    done = CliRunner().invoke(app, ["bench", "streaming", "--models", models])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.devices.why_no_gpu", lambda: "there is none")
    with pytest.raises(InputError, match="there is none"):
        bench_streaming(contexts=(3,), presets=SMALL, device="cuda")


def test_cancel() -> None:
    with pytest.raises(Cancelled):
        bench_streaming(contexts=(3,), presets=SMALL, cancel=lambda: True)


def test_the_way_to_a_long_context_can_be_stopped() -> None:
    network = build("hummuss_small_causal").eval()
    assert isinstance(network, HumMUSS)
    stream = module._Stream(network, ["plain"], 1)
    asked = iter([False] * 5)
    with pytest.raises(Cancelled):
        list(stream.frames(10_000, lambda: next(asked, True)))
    assert stream.length == 5


@pytest.mark.slow
def test_random_numbers_are_its_own_and_the_same_every_time() -> None:
    before = torch.get_rng_state()
    found = [bench_streaming(contexts=(2,), threads=1, presets=SMALL).bfloat16_error for _ in range(2)]
    assert found[0] == found[1]
    assert torch.equal(torch.get_rng_state(), before)


def test_threads_are_put_back() -> None:
    before = torch.get_num_threads()
    with pytest.raises(Cancelled):
        bench_streaming(contexts=(3,), presets=SMALL, threads=before + 1, cancel=lambda: True)
    assert torch.get_num_threads() == before


def test_peak_memory_sees_what_was_taken_and_given_back() -> None:
    watch = PeakMemory()
    if watch.growth() is None:
        pytest.skip("this system does not tell")
    np.ones(50_000_000, np.uint8)
    growth = watch.growth()
    assert growth is not None and 45e6 < growth < 80e6
