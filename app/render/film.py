"""Pictures and videos of results, without a window: truth and predictions in 3D, their error over time below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.look.theme import model_colour
from app.view3d.actor import Actor, one_view_each
from app.view3d.camera_rig import PRESETS, Orbit, follow_path
from app.view3d.offscreen import Renderer
from engine.errors import InputError
from engine.experiment.results import Results
from engine.export.curves import error_chart
from engine.export.picture import DARK, LIGHT, Chart, Picture, hex_colour, save_png
from engine.export.video import write_video
from engine.motion.skeleton import H36M_17
from engine.progress import Progress

CHART_SHARE = 0.27  # of the height, with the error curves


@dataclass(frozen=True)
class Look:
    """How results are drawn.

    size   (width, height) in pixels
    view   one of the view presets; theme: dark or light
    apart  metres between the people, side by side in the picture; 0 stands them on top of each other
    grid   each model with the truth in a view of its own
    """

    size: tuple[int, int] = (1280, 720)
    view: str = "three-quarter"
    theme: str = "dark"
    apart: float = 0.0
    grid: bool = False

    def __post_init__(self) -> None:
        for value, known, what in ((self.view, PRESETS, "view"), (self.theme, ("dark", "light"), "theme")):
            if value not in known:
                raise InputError(f"There is no {what} {value!r}; choose one of {', '.join(known)}.")


def actors_of(results: Results) -> list[Actor]:
    """The truth in grey and every model in its colour, at the results' frames."""
    actors = [
        Actor(f"{k} {m.label}", m.label, H36M_17, m.prediction_world, model_colour(k))
        for k, m in enumerate(results.models)
    ]
    if results.truth is not None:
        actors.insert(0, Actor("truth", "ground truth", H36M_17, results.truth))
    return actors


def write_picture(results: Results, path: Path, look: Look, frame: int | None = None) -> None:
    """A PNG of one frame, by default the middle one. Raises InputError."""
    frame = results.frames // 2 if frame is None else frame
    if frame >= results.frames:
        raise InputError(f"{results.clip_name}: frame {frame} is not in its {results.frames} frames; choose another.")
    save_png(Film(results, look).picture(frame), path)


def write_film(results: Results, path: Path, look: Look, fps: float, progress: Progress | None = None) -> None:
    """An MP4 that shows the motion in its own time at `fps` pictures per second. Raises InputError."""
    film = Film(results, look)
    count = int(results.times[-1] * fps) + 1

    def pictures() -> Iterator[Picture]:
        for k in range(count):
            if progress is not None:
                progress(k / count, f"picture {k + 1} of {count}")
            yield film.picture(int(np.searchsorted(results.times, k / fps + 1e-6, side="right")) - 1)

    write_video(path, pictures(), fps)


class Film:
    """Draws the frames of some results, all in the same way."""

    def __init__(self, results: Results, look: Look) -> None:
        actors = actors_of(results)
        if not actors:
            raise InputError(f"{results.clip_name}: there is neither a truth nor a model to draw; choose a model.")
        width, height = look.size
        self.times = results.times
        self.chart = _chart(results, look)
        chart_height = 0 if self.chart is None else self.chart.size[1]
        self.size = (width, height - chart_height)
        self.base = None if self.chart is None else self.chart.draw()
        orbit = Orbit().preset(look.view)
        self.path = follow_path(actors[0].positions[:, 0], results.input_hz)
        places = look.apart * (np.arange(len(actors)) - (len(actors) - 1) / 2)
        actors = [
            replace(a, positions=a.positions + x * orbit.rotation[0]) for a, x in zip(actors, places, strict=True)
        ]
        self.renderer = Renderer(self.size, look.theme)
        self.renderer.set_views(one_view_each(actors) if look.grid else [actors])
        points = np.concatenate([a.positions - self.path[:, None] for a in actors])
        self.orbit = orbit.fit(points, self.renderer.view_size)

    def picture(self, frame: int) -> Picture:
        """(H, W, 3) RGB."""
        orbit = self.orbit.moved(self.path[frame])
        drawn = self.renderer.render(frame, orbit.camera(self.renderer.view_size), orbit.target)
        if self.chart is None or self.base is None:
            return drawn
        return np.concatenate([drawn, self.chart.with_cursor(self.base, float(self.times[frame]))])


def _chart(results: Results, look: Look) -> Chart | None:
    if not results.models or results.truth is None or results.frames < 2:
        return None
    size = (look.size[0], max(round(CHART_SHARE * look.size[1]), 120))
    colours = [hex_colour(model_colour(k)) for k in range(len(results.models))]
    return error_chart(results, colours, size, DARK if look.theme == "dark" else LIGHT)
