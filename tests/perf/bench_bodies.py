"""How long bodies take to draw: one, four, beside vispy's own mesh updated every frame; and four in a window.

    python tests/perf/bench_bodies.py        (the window on a screen, or below xvfb-run)

prints JSON. A frame is: a new pose of everybody, a turned camera, drawn, finished. The body is the mannequin; where it
is not built, one of tubes with about as many vertices. `over_the_empty_ms` is what the bodies add to the empty scene,
shadows included.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
SIZE = (1280, 720)
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7")
WARM_UP, FRAMES, ROUNDS = 10, 60, 3
CLIP, LONG, LEAP = 600, 12_000, 87  # frames of a clip, of a long one, and from one moment to the next
DISTANCE, FIELD, ELEVATION = 3.5, 45, 15  # metres, degrees: of the camera, which turns by a degree a frame


def bodies(count: int, length: int = CLIP, style: str = "solid") -> list[Any]:
    """People beside each other who move every joint."""
    from body_fakes import random_pose, tube_body

    from app.view3d.body_item import BodyItem
    from engine.body import library
    from engine.body.posed import PosedBody

    body = library.body() if library.names() else tube_body()
    items = []
    for k in range(count):
        pose = random_pose(length, body.name, amount=0.3, seed=k)
        place = np.tile((0.9 * (k - (count - 1) / 2), 0.0, 0.97), (length, 1))
        pose = replace(pose, shape=np.zeros(10), root=place)
        items.append(BodyItem(f"b{k}", f"B{k}", PosedBody(body, pose), colour=COLOURS[k], style=style))
    return items


class Spent(NamedTuple):
    """Milliseconds a frame: on the clock, and of all threads together, which other programs disturb less."""

    clock: float
    cpu: float

    def less(self, other: Spent) -> Spent:
        return Spent(*(round(a - b, 2) for a, b in zip(self, other, strict=True)))


def spent_on(draw: Callable[[int], object]) -> Spent:
    """The median of the frames."""
    spent = []
    for i in range(WARM_UP + FRAMES):
        start = time.perf_counter(), time.process_time()
        draw(i)
        spent.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    clock, cpu = 1e3 * np.median(spent[WARM_UP:], axis=0)
    return Spent(float(clock), float(cpu))


def least(rounds: Sequence[Spent]) -> Spent:
    """Of several rounds the quietest, as the machine is shared."""
    return Spent(*(round(min(kind), 2) for kind in zip(*rounds, strict=True)))


class Scene:
    """A scene off the screen."""

    def __init__(self) -> None:
        from app.view3d.egl import EglCanvas
        from app.view3d.scene import MotionScene

        self.canvas = EglCanvas(SIZE, quick=True)  # as the window has it where a CPU draws
        self.scene = MotionScene(self.canvas)

    def ms(self, items: Sequence[Any]) -> Spent:
        from app.view3d.camera_rig import Orbit

        orbit = Orbit(0.0, float(np.radians(ELEVATION)), DISTANCE, fov=float(np.radians(FIELD)))
        self.scene.set_items(items, 0.0)

        def draw(i: int) -> None:
            self.scene.set_time((i * LEAP % CLIP) / 60)
            self.scene.set_camera(orbit.turned(float(np.radians(i)), 0.0).camera(SIZE), orbit.target)
            self.canvas.picture()

        return spent_on(draw)


def vispy_meshes(count: int) -> Spent:
    """Vispy's own meshes, smooth, given their vertices every frame; alone in a canvas."""
    from vispy.scene import cameras, visuals

    from app.view3d.egl import EglCanvas

    canvas, people = EglCanvas(SIZE), bodies(count)
    view = canvas.central_widget.add_view()
    view.camera = cameras.TurntableCamera(FIELD, ELEVATION, 0, distance=DISTANCE, center=(0, 0, 0.9))
    faces = people[0].posed.body.faces
    meshes = [visuals.Mesh(item.posed.vertices(0), faces, shading="smooth", parent=view.scene) for item in people]

    def draw(i: int) -> None:
        for item, mesh in zip(people, meshes, strict=True):
            mesh.set_data(item.posed.vertices(i * LEAP % CLIP), faces)
        view.camera.azimuth = i
        canvas.picture()

    return spent_on(draw)


def vispy_empty() -> Spent:
    from app.view3d.egl import EglCanvas

    canvas = EglCanvas(SIZE)
    return spent_on(lambda _: canvas.picture())


def off_screen() -> dict[str, Any]:
    """Everything in turn, several times."""
    scene, counts = Scene(), (1, 4)
    ways: dict[str, Callable[[], Spent]] = {"empty": lambda: scene.ms([])}
    ways |= {f"{n} of ours": lambda n=n: scene.ms(bodies(n)) for n in counts}
    ways |= {"4 of a long clip": lambda: scene.ms(bodies(4, LONG))}
    ways |= {f"4 {style}": lambda style=style: scene.ms(bodies(4, style=style)) for style in ("wire", "translucent")}
    ways |= {"vispy's empty canvas": vispy_empty}
    ways |= {f"{n} vispy meshes": lambda n=n: vispy_meshes(n) for n in counts}
    rounds: dict[str, list[Spent]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            rounds[name].append(way())
    ms = {name: least(found) for name, found in rounds.items()}
    over = {
        name: spent.less(ms["vispy's empty canvas" if "vispy" in name else "empty"])
        for name, spent in ms.items()
        if "empty" not in name
    }
    return {
        "empty_scene_ms": ms["empty"]._asdict(),
        "over_the_empty_ms": {name: spent._asdict() for name, spent in over.items()},
        "times_faster_than_vispy": {
            f"{n} bodies": {
                kind: round(getattr(over[f"{n} vispy meshes"], kind) / getattr(over[f"{n} of ours"], kind), 1)
                for kind in Spent._fields
            }
            for n in counts
        },
        "renderer": scene.canvas.renderer,
    }


def in_window() -> dict[str, float]:
    """Four bodies in the window's view, and nobody in it; milliseconds of a frame."""
    from bench_view3d import show, time_frames
    from PySide6.QtWidgets import QApplication

    from app.view3d.viewport import Viewport

    app = QApplication.instance() or QApplication(["bench"])
    result = {}
    for name, items in (("empty", []), ("4 bodies", bodies(4))):
        view, drawn = Viewport(), []
        view.set_items(items)
        view.drawn.connect(drawn.append)
        window = show(view)

        def change(i: int, view: Any = view) -> None:
            view.set_time((i * LEAP % CLIP) / 60)
            view.set_orbit(view.orbit.turned(0.01, 0.0))

        result[f"{name}_ms"] = time_frames(change, lambda drawn=drawn: len(drawn), FRAMES)["median_ms"]
        window.close()
    del app
    return result


def measure() -> dict[str, Any]:
    """All of it, as plain values."""
    from app.view3d.coarse import coarse_later

    person = bodies(1)[0].posed.body
    quick = coarse_later(person).result().mesh
    return {
        "size": SIZE,
        "body": f"{person.name}, {len(person)} vertices, {len(person.faces)} triangles",
        "drawn by a CPU": f"{len(quick)} vertices, {len(quick.faces)} triangles",
        "off_screen": off_screen(),
        "window": in_window(),
    }


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/engine"), str(ROOT / "tests/perf")]
    print(json.dumps(measure(), indent=2))
