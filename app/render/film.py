"""Pictures and videos of results, without a window: truth and predictions in 3D, their error over time below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.present.tracker_items import tracker_items
from app.view3d.body_item import Figure, figures
from app.view3d.camera_rig import PRESETS, Orbit, follow_path
from app.view3d.items import Item, SkeletonItem, one_view_each
from app.view3d.offscreen import Renderer
from engine.errors import InputError
from engine.experiment.results import Results
from engine.export.error_chart import CursorChart, error_chart
from engine.export.palette import DARK, LIGHT, model_colour
from engine.export.picture import Picture, save_png
from engine.export.video import Video, write_video
from engine.progress import Progress

CHART_SHARE = 0.27  # of the height, with the error curves
SMALLEST_CHART = 120  # pixels high


@dataclass(frozen=True)
class Look:
    """How results are drawn.

    size     (width, height) in pixels
    view     one of the view presets; theme: dark or light
    apart    metres between the people, side by side in the picture; 0 stands them on top of each other
    grid     each model with the truth in a view of its own
    colours  each model's, as an index into the palette; None gives them the palette's order
    figure   people as skeletons, bodies or both; as skeletons where they have no body
    """

    size: tuple[int, int] = (1280, 720)
    view: str = "three-quarter"
    theme: str = "dark"
    apart: float = 0.0
    grid: bool = False
    colours: tuple[int, ...] | None = None
    figure: Figure = "body"

    def __post_init__(self) -> None:
        for value, known, what in ((self.view, PRESETS, "view"), (self.theme, ("dark", "light"), "theme")):
            if value not in known:
                raise InputError(f"There is no {what} {value!r}; choose one of {', '.join(known)}.")

    def colour(self, model: int) -> str:
        """Return the colour of the model at that place in the results."""
        return model_colour(model if self.colours is None else self.colours[model])


def people_of(results: Results, look: Look) -> list[list[Item]]:
    """List the items of everybody: the truth in grey, then every model in its colour, at the results' frames."""
    times, truth = results.times, results.truth
    people = []
    if truth is not None:
        person = SkeletonItem("truth", "ground truth", truth.skeleton, times, truth.positions)
        over_it = bool(results.models) and look.apart == 0
        people.append(figures(person, results.truth_body, look.figure, "ghost" if over_it else "solid"))
    for k, m in enumerate(results.models):
        key, placed = f"{k} {m.label}", m.placed
        if placed is None:
            continue  # labels have no place
        person = SkeletonItem(key, m.label, placed.skeleton, times, placed.positions, colour=look.colour(k))
        alike = look.apart == 0 and not look.grid and any(m.observed is other.observed for other in results.models[:k])
        worn = [] if alike else tracker_items(person, m.observed)
        people.append([*figures(person, m.body, look.figure, "solid"), *worn])
    return people


def write_picture(results: Results, path: Path, look: Look, frame: int | None = None) -> None:
    """Write a PNG of one frame, by default the middle one. Raises InputError."""
    frame = results.frames // 2 if frame is None else frame
    if frame >= results.frames:
        raise InputError(f"{results.clip_name}: frame {frame} is not in its {results.frames} frames; choose another.")
    save_png(Film(results, look).picture(frame), path)


def write_film(
    results: Results, path: Path, look: Look, fps: float, progress: Progress | None = None, *, speed: float = 1.0
) -> Video:
    """Write an MP4 at `fps` pictures per second; a second of it shows `speed` of the motion. Raises InputError."""
    film = Film(results, look)
    count = int(results.times[-1] / speed * fps) + 1

    def pictures() -> Iterator[Picture]:
        for k in range(count):
            if progress is not None:
                progress(k / count, f"picture {k + 1} of {count}")
            yield film.picture(int(np.searchsorted(results.times, k * speed / fps + 1e-6, side="right")) - 1)

    return write_video(path, pictures(), fps)


class Film:
    """Draws the frames of some results, all in the same way."""

    def __init__(self, results: Results, look: Look) -> None:
        people = people_of(results, look)
        if not people:
            raise InputError(f"{results.clip_name}: there is neither a truth nor a model to draw; choose a model.")
        width, height = look.size
        self.times = results.times
        self.chart = _chart(results, look)
        chart_height = 0 if self.chart is None else self.chart.size[1]
        self.size = (width, height - chart_height)
        orbit = Orbit().preset(look.view)
        path = people[0][0].path()
        assert path is not None
        self.path = follow_path(*path)
        places = look.apart * (np.arange(len(people)) - (len(people) - 1) / 2)
        items = [item.moved(x * orbit.rotation[0]) for person, x in zip(people, places, strict=True) for item in person]
        self.renderer = Renderer(self.size, look.theme)
        self.renderer.set_views(one_view_each(items) if look.grid else [items])
        reached = [item.extent() for item in items]
        points = [track.points - self.path.at(track.times)[:, None] for track in reached]
        self.orbit = orbit.fit(np.concatenate([some.reshape(-1, 3) for some in points]), self.renderer.view_size)

    def picture(self, frame: int) -> Picture:
        """Draw a frame, (H, W, 3) RGB."""
        seconds = float(self.times[frame])
        orbit = self.orbit.moved(self.path.at(seconds))
        drawn = self.renderer.render(seconds, orbit.camera(self.renderer.view_size), orbit.target)
        if self.chart is None:
            return drawn
        return np.concatenate([drawn, self.chart.at(seconds)])


def _chart(results: Results, look: Look) -> CursorChart | None:
    if not results.models or results.truth is None or results.frames < 2:
        return None
    size = (look.size[0], max(round(CHART_SHARE * look.size[1]), SMALLEST_CHART))
    colours = [look.colour(k) for k in range(len(results.models))]
    return error_chart(results, colours, size, DARK if look.theme == "dark" else LIGHT)
