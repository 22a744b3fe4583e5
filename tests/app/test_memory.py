"""Memory while a clip plays: nothing is kept of a frame that was drawn."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from window_fakes import REST

from app.view3d.body_item import BodyItem
from app.view3d.items import Item, SkeletonItem
from engine.body.posed import PosedBody
from engine.motion.skeleton import H36M_17

TIMES = np.arange(600) / 60
GLIDE = REST + TIMES[:, None, None] * np.array([0.3, 0.0, 0.0])
COLOURS = ("#d55e00", "#56b4e9", "#009e73", "#cc79a7")
ROUNDS, FRAMES, ALLOWED_MB = 4, 200, 0.1  # keeping 0.5 KB a frame would be that


def people() -> list[list[SkeletonItem]]:
    truth = SkeletonItem("truth", "Truth", H36M_17, TIMES, GLIDE)
    models = [
        SkeletonItem(f"m{k}", f"M{k}", H36M_17, TIMES, GLIDE + 0.1 * k, colour=colour)
        for k, colour in enumerate(COLOURS)
    ]
    return [[truth, model] for model in models]


def bodies() -> list[list[Item]]:
    """A ghost beside a wire and beside a solid one with errors on its skin."""
    body = tube_body()
    pose = replace(random_pose(len(TIMES), amount=0.3), shape=np.zeros(10))
    truth = BodyItem("truth", "Truth", PosedBody(body, pose), style="ghost")
    wire = BodyItem("m0", "M0", PosedBody(body, pose), colour=COLOURS[0], style="wire")
    shades = np.linspace(0, 1, 3 * len(body)).reshape(-1, 3)
    solid = BodyItem(
        "m1", "M1", PosedBody(body, pose), colour=COLOURS[1], skin_colours=lambda frame: shades * frame / len(TIMES)
    )
    return [[truth, wire], [truth, solid]]


@pytest.fixture
def view(qtbot):
    from app.view3d.viewport import Viewport

    try:
        widget = Viewport(surface="picture")
    except (RuntimeError, OSError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")
    qtbot.addWidget(widget)
    widget.resize(320, 240)
    widget.show()
    return widget


def play(view, frames: int) -> None:
    for k in range(frames):
        view.set_time(float(TIMES[k % len(TIMES)]))
        view._surface.widget.repaint()


def waiting_commands() -> int:
    """How many commands vispy keeps for what has not been drawn."""
    from vispy.gloo.glir import _GlirQueueShare

    queues = [thing for thing in gc.get_objects() if type(thing) is _GlirQueueShare]
    assert queues
    return sum(len(queue._commands) for queue in queues)


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


@pytest.mark.parametrize("make", [people, bodies])
@pytest.mark.slow
def test_what_is_hidden_collects_no_commands(view, make):
    views = make()
    for shown in (views, views[:1], [views[0][:1]], views[:2]):  # hidden: axes of the later views, views, shadows
        view.set_views(shown)
        play(view, 3)
        before = waiting_commands()
        play(view, 20)
        view.set_theme("light")
        play(view, 20)
        assert waiting_commands() == before


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's own count")
@pytest.mark.parametrize("make", [people, bodies])
def test_memory_stays_while_models_play_in_the_grid(view, make):
    view.set_views(make())
    play(view, FRAMES)  # buffers and caches get their sizes
    resident = []
    for _ in range(ROUNDS + 1):
        gc.collect()
        resident.append(resident_mb())
        play(view, FRAMES)
    # What is kept of a frame grows in every round; an allocator that rounds up does not.
    assert min(np.diff(resident)) < ALLOWED_MB
