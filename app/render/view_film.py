"""Videos of a 3D view as a window shows it: its items, layout, cameras and theme; the error over time below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from app.render.film import CHART_SHARE, SMALLEST_CHART
from app.view3d.camera_rig import STANDING, Orbit, follow_path
from app.view3d.items import Item, followed
from engine.errors import InputError
from engine.experiment.results import Results
from engine.export.error_chart import CursorChart, error_chart
from engine.export.palette import DARK, LIGHT, model_colour
from engine.export.picture import Picture
from engine.export.video import Video, write_video
from engine.progress import Progress


@dataclass(frozen=True, eq=False)
class Shot:
    """What a view shows, as plain values that another process can be given.

    views      the items of each view; orbits: its camera, whose target is relative to the followed path
    following  whether the cameras move along with the person
    results    whose errors are drawn below, where there are any to draw; None for no chart
    colours    each of their models', as an index into the palette
    """

    views: tuple[tuple[Item, ...], ...]
    orbits: tuple[Orbit, ...]
    following: bool = True
    theme: str = "dark"
    results: Results | None = None
    colours: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class FilmPlan:
    """A video of a shot.

    span   seconds of the motion at which it begins and ends
    size   (width, height) pixels; fps: pictures per second; speed: seconds of the motion in one of the video
    """

    shot: Shot
    path: Path
    span: tuple[float, float]
    size: tuple[int, int] = (1280, 720)
    fps: float = 30.0
    speed: float = 1.0

    @property
    def pictures(self) -> int:
        """How many there are."""
        return max(1, round((self.span[1] - self.span[0]) / self.speed * self.fps))

    @property
    def seconds(self) -> float:
        """How long the video takes."""
        return self.pictures / self.fps

    def moment(self, picture: int) -> float:
        """The seconds of the motion that a picture shows."""
        return min(self.span[0] + picture * self.speed / self.fps, self.span[1])


class ViewFilm:
    """Draws the moments of a shot. Raises InputError where there is no EGL to draw with."""

    def __init__(self, shot: Shot, size: tuple[int, int]) -> None:
        from app.view3d.offscreen import Renderer

        width, height = size
        self.chart = _chart(shot, size)
        below = 0 if self.chart is None else self.chart.size[1]
        try:
            self._renderer = Renderer((width, height - below), shot.theme)
        except (RuntimeError, OSError) as error:
            raise InputError(
                "Nothing draws off-screen on this computer; install EGL (libegl1), or record the screen.",
                detail=str(error),
            ) from None
        self._renderer.set_views(shot.views)
        self._orbits = shot.orbits
        track = followed(list(chain.from_iterable(shot.views))) if shot.following else None
        self._path = STANDING if track is None or not len(track.times) else follow_path(track.times, track.points)

    def picture(self, seconds: float) -> Picture:
        """Draw a moment, (H, W, 3) RGB."""
        anchor, size = self._path.at(seconds), self._renderer.view_size
        moved = [orbit.moved(anchor) for orbit in self._orbits]
        drawn = self._renderer.render_views(seconds, [(orbit.camera(size), orbit.target) for orbit in moved])
        return drawn if self.chart is None else np.concatenate([drawn, self.chart.at(seconds)])


def write_view_film(plan: FilmPlan, progress: Progress | None = None) -> Video:
    """Write the MP4. Raises InputError, and whatever `progress` raises; nothing is left then."""
    film, count = ViewFilm(plan.shot, plan.size), plan.pictures

    def pictures() -> Iterator[Picture]:
        for k in range(count):
            if progress is not None:
                progress(k / count, f"picture {k + 1} of {count}")
            yield film.picture(plan.moment(k))

    return write_video(plan.path, pictures(), plan.fps)


def _chart(shot: Shot, size: tuple[int, int]) -> CursorChart | None:
    results = shot.results
    if results is None or not results.models or results.truth is None or results.frames < 2:
        return None
    colours = [model_colour(k) for k in shot.colours]
    height = max(round(CHART_SHARE * size[1]), SMALLEST_CHART)
    return error_chart(results, colours, (size[0], height), DARK if shot.theme == "dark" else LIGHT)
