"""Commands that measure speed: `bench streaming`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import out, progress_bar, write_json
from engine.cli.options import MOST_THREADS, Json, whole_numbers
from engine.errors import InputError


def bench_streaming(
    contexts: Annotated[str, typer.Option(help="Frames of the past.")] = "27,81,243,729,2187",
    batches: Annotated[str | None, typer.Option(help="Streams at once; else 1, and on a GPU 1 and 32.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(min=1, max=MOST_THREADS, help="CPU threads; else every core up to eight.")
    ] = None,
    models: Annotated[
        str, typer.Option(help="A causal HumMUSS and a causal MotionBERT.")
    ] = "hummuss_16m_causal,motionbert_lite_causal",
    json_file: Json = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the times to this SVG, PDF or PNG.")] = None,
) -> None:
    """What a streamed frame costs as its past grows: an SSM's step, a transformer's cache, a window run again."""
    from engine.bench.streaming import bench_streaming as run_bench
    from engine.export.chart import check_ending, save_chart
    from engine.export.streaming_report import streaming_markdown

    if plot is not None:
        check_ending(plot)

    names = models.split(",")
    if len(names) != 2:
        raise InputError(f"--models {models!r} cannot be used; give a causal HumMUSS, a comma and a causal MotionBERT.")
    with progress_bar() as say:
        found = run_bench(
            contexts=whole_numbers(contexts, "--contexts", "27,243"),
            batches=whole_numbers(batches or ("1" if device == "cpu" else "1,32"), "--batches", "1,32"),
            device=device,
            threads=threads,
            presets=(names[0].strip(), names[1].strip()),
            progress=say,
        )
    typer.echo(streaming_markdown(found))
    if json_file is not None:
        write_json(json_file, found.to_json())
    if plot is not None:
        from engine.export.streaming_chart import streaming_chart

        save_chart(streaming_chart(found), plot)
        out.print(f"wrote {plot}")


COMMANDS: dict[str, Callable[..., None]] = {"streaming": bench_streaming}
