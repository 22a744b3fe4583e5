"""The turntable camera of a 3D view: plain values, no vispy and no Qt.

An `Orbit` says where the camera stands; `orbit.camera(size)` is the same view as an `engine.cameras.pinhole.Camera`,
which is what the scene is drawn with. So a view can be drawn from any calibrated camera, and a model can be given the
picture that the view shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]

FIELD_OF_VIEW = float(np.radians(32.0))
ELEVATIONS = (np.radians(-30.0), np.radians(90.0))
DISTANCES = (0.2, 200.0)
MAX_PATH_HZ = 120.0  # of a followed path, which is smooth
MARGIN = 1.12  # free space around what `fit` shows
PRESETS: dict[str, tuple[float, float]] = {  # azimuth, elevation; degrees
    "front": (0.0, 4.0),
    "side": (90.0, 4.0),
    "top": (0.0, 90.0),
    "three-quarter": (32.0, 12.0),
}


@dataclass(frozen=True)
class Orbit:
    """A camera that looks at `target` from a distance; hashable plain values, so that views can be linked.

    azimuth    radians from the front (-Y), counter-clockwise seen from above: pi/2 is the side of the subject's left
    elevation  radians above the floor; pi/2 looks straight down
    distance   metres from the target
    target     metres, world
    fov        radians, field of view over the smaller side of the picture
    """

    azimuth: float = float(np.radians(32.0))
    elevation: float = float(np.radians(12.0))
    distance: float = 4.0
    target: tuple[float, float, float] = (0.0, 0.0, 0.9)
    fov: float = FIELD_OF_VIEW

    @property
    def rotation(self) -> Float:
        """(3, 3) world -> camera; rows are right, down and forward."""
        sin_a, cos_a = np.sin(self.azimuth), np.cos(self.azimuth)
        sin_e, cos_e = np.sin(self.elevation), np.cos(self.elevation)
        right = (cos_a, sin_a, 0.0)
        down = (sin_a * sin_e, -cos_a * sin_e, -cos_e)
        forward = (-sin_a * cos_e, cos_a * cos_e, -sin_e)
        return np.array([right, down, forward])

    def camera(self, size: tuple[int, int], name: str = "view") -> Camera:
        """Convert to a pinhole camera with pictures of `size` (width, height) pixels."""
        rotation = self.rotation
        focal = 0.5 * min(size) / np.tan(self.fov / 2)
        centre = np.asarray(self.target) - self.distance * rotation[2]
        return Camera(name, rotation, centre, (focal, focal), (size[0] / 2, size[1] / 2), size)

    @classmethod
    def from_camera(cls, camera: Camera, look_at: Float) -> Orbit:
        """Find the turntable view nearest to a camera: same place, direction and field of view.

        The target lies on the optical axis at the depth of `look_at` (3,) metres. Roll, distortion and an off-centre
        principal point have no place on a turntable and are left out.
        """
        forward = camera.rotation[2]
        elevation = np.arcsin(np.clip(-forward[2], -1.0, 1.0))
        level = np.hypot(forward[0], forward[1]) > 1e-6
        heading = (-forward[0], forward[1]) if level else camera.rotation[0][1::-1]  # straight down: from "right"
        distance = float(np.clip((look_at - camera.centre) @ forward, *DISTANCES))
        side = int(np.argmin(camera.image_size))
        return cls(
            azimuth=float(np.arctan2(*heading)),
            elevation=float(elevation),
            distance=distance,
            target=_point(camera.centre + distance * forward),
            fov=float(2 * np.arctan(0.5 * camera.image_size[side] / camera.focal[side])),
        )

    def turned(self, azimuth: float, elevation: float) -> Orbit:
        """Turn by some radians about the target."""
        turned = (self.azimuth + azimuth + np.pi) % (2 * np.pi) - np.pi
        return replace(self, azimuth=float(turned), elevation=float(np.clip(self.elevation + elevation, *ELEVATIONS)))

    def zoomed(self, factor: float) -> Orbit:
        """Move nearer (factor < 1) or farther."""
        return replace(self, distance=float(np.clip(self.distance * factor, *DISTANCES)))

    def moved(self, offset: Float) -> Orbit:
        """Move target and camera by `offset` (3,) metres."""
        return replace(self, target=_point(np.asarray(self.target) + offset))

    def panned(self, pixels: tuple[float, float], size: tuple[int, int]) -> Orbit:
        """Move in the picture plane, so that things at the target's depth follow the pointer by `pixels`."""
        metres = self.distance * 2 * np.tan(self.fov / 2) / min(size)
        right, down, _ = self.rotation
        return self.moved(-metres * (pixels[0] * right + pixels[1] * down))

    def preset(self, name: str) -> Orbit:
        """Look at the same target from the same distance, in the direction of one of the PRESETS."""
        azimuth, elevation = np.radians(PRESETS[name])
        return replace(self, azimuth=float(azimuth), elevation=float(elevation))

    def fit(self, points: Float, size: tuple[int, int], head: float = 0.0) -> Orbit:
        """Move as near as every point (..., 3) metres still is in the picture, with a margin, in the same direction.

        The points stay below the topmost `head` pixels.
        """
        points = points.reshape(-1, 3)
        points = points[np.isfinite(points).all(-1)]
        if not len(points):
            return self
        local = (points - points.mean(0)) @ self.rotation.T
        middle = (local.min(0) + local.max(0)) / 2
        slope = np.tan(self.fov / 2) * np.asarray(size) / min(size)
        shift = slope * (0.0, head / size[1])  # of the free part's middle from the picture's
        offset = local - middle
        across = np.abs(offset[:, :2] - shift * offset[:, 2:])
        nearest = (MARGIN * across / (slope - shift)).max(1) - offset[:, 2]
        distance = float(np.clip(nearest.max(), 1.0, DISTANCES[1]))
        target = points.mean(0) + (middle - distance * np.append(shift, 0.0)) @ self.rotation
        return replace(self, distance=distance, target=_point(target))


def fitted_to(camera: Camera, size: tuple[int, int]) -> Camera:
    """Adapt a view to pictures of another size (width, height): all of the camera's picture stays visible."""
    scale = min(size[0] / camera.image_size[0], size[1] / camera.image_size[1])
    shift = (np.asarray(size) - scale * np.asarray(camera.image_size)) / 2
    principal = scale * np.asarray(camera.principal) + shift
    focal = scale * np.asarray(camera.focal)
    return replace(
        camera,
        focal=(float(focal[0]), float(focal[1])),
        principal=(float(principal[0]), float(principal[1])),
        image_size=size,
    )


def canvas_matrix(camera: Camera) -> Float:
    """Return the (4, 4) column-vector matrix from world metres to homogeneous pixels x, y with z in [-1, 1]."""
    (fx, fy), (cx, cy) = camera.focal, camera.principal
    near, far = 0.05, 500.0
    a, b = (far + near) / (far - near), -2 * far * near / (far - near)
    project = np.array([[fx, 0, cx, 0], [0, fy, cy, 0], [0, 0, a, b], [0, 0, 1, 0]])
    view = np.eye(4)
    view[:3, :3], view[:3, 3] = camera.rotation, -camera.rotation @ camera.centre
    return np.asarray(project @ view)


@dataclass(frozen=True, eq=False)
class FollowPath:
    """The path of a following camera's target: (K, 3) metres, the first at `start` seconds, `hz` of them a second.

    Before and after its time it stands at its ends.
    """

    points: Float
    start: float = 0.0
    hz: float = 1.0

    def at(self, seconds: float | Float) -> Float:
        """Return (..., 3) metres at some moments (...), linearly interpolated."""
        place = np.clip((np.asarray(seconds, float) - self.start) * self.hz, 0.0, len(self.points) - 1.0)
        before = np.minimum(place.astype(np.intp), max(len(self.points) - 2, 0))
        after = np.minimum(before + 1, len(self.points) - 1)
        fraction = (place - before)[..., None]
        return np.asarray((1.0 - fraction) * self.points[before] + fraction * self.points[after])


STANDING = FollowPath(np.zeros((1, 3)))
"""Of a camera that follows nobody."""


def follow_path(times: Float, root: Float, smooth_s: float = 0.35) -> FollowPath:
    """Smooth a root's track into a camera's path: times (T,) seconds, root (T, 3) metres.

    The track is smoothed both ways in time (a Gaussian of `smooth_s` seconds standard deviation), so the camera neither
    sways with the steps nor lags, and a moment looks the same whether it was reached by playing or by jumping. Height
    is left out: the person may crouch and jump in the picture.
    """
    seen = np.isfinite(root[:, :2]).all(-1)
    if not seen.any():
        return STANDING
    hz = min(1.0 / float(np.median(np.diff(times))), MAX_PATH_HZ) if len(times) > 1 else 1.0
    even = times[0] + np.arange(round((times[-1] - times[0]) * hz) + 1) / hz
    width = smooth_s * hz
    reach = np.arange(-int(4 * width), int(4 * width) + 1)
    kernel = np.exp(-0.5 * (reach / width) ** 2)
    points = np.zeros((len(even), 3))
    for axis in range(2):
        track = np.interp(even, times[seen], root[seen, axis])
        longer = np.pad(track, reach[-1], mode="reflect", reflect_type="odd")  # the ends go on as they came
        points[:, axis] = np.convolve(longer, kernel / kernel.sum(), mode="valid")
    return FollowPath(points, float(times[0]), hz)


def _point(array: Float) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in array)
    return x, y, z
