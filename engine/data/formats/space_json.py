"""Keypoint JSON in three dimensions (engine.data.points_in_space): a file, or a folder of Panoptic's frames."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.cameras.files import read_calibration
from engine.cameras.pinhole import Camera
from engine.data.arrays import CAMERA_UP, choose, numbered_times
from engine.data.formats import keypoint_json
from engine.data.joints.clip import FileSays, clip_of_joints
from engine.data.joints.gaps import bridged, left_out
from engine.data.joints.layouts import set_of
from engine.data.points_in_space import Track, in_space, people_of
from engine.errors import InputError, file_error
from engine.motion.up_axis import UpAxis
from engine.observation.recording import Recording
from engine.untrusted.limits import read_head

ASSUMED_HZ = 30.0
PANOPTIC_HZ = {"hd_29_97": 29.97, "vga_25": 25.0}
_2D = "/2d"
_HD = "00_"
"""Panel of the cameras of high definition; those of others are named by their panels, 01 to 20, and 50."""


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is JSON with points in space, or a folder of such files."""
    if path.is_dir():
        files = _frame_files(path)
        try:
            start = read_head(files[0]) if files else b""
        except InputError:
            return False
        return b'"bodies"' in start and in_space(start, files[0])
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and in_space(head, path)


def contents(path: Path) -> list[str]:
    """List the people, the one seen longest first. Raises InputError."""
    return list(tracks_of(Path(path))[1])


def tracks_of(path: Path) -> tuple[str, dict[str, Track]]:
    """Everybody as the files have them, by name: the form, and points in its unit and axes. Raises InputError."""
    return people_of(path, _frames(path))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Recording:
    """Read one person; "/2d" behind the name reads the points of the picture, where the file has them as well.

    rate_hz  29.97 or 25 of Panoptic, 30 of others where not given
    Raises InputError.
    """
    path = Path(path)
    if select is not None and select.endswith(_2D):
        return keypoint_json.read(path, rate_hz=rate_hz, unit=unit, up=up)
    frames = _frames(path)
    form, people = people_of(path, frames)
    who = choose(path, list(people), select)
    track = people[who]
    panoptic = PANOPTIC_HZ.get(str(frames[0].get("fpsType", ""))[:20]) if isinstance(frames[0], dict) else None
    known = "from fpsType" if panoptic else "assumed, the file holds none"
    times, rate = numbered_times(path, track.frames, rate_hz, panoptic or ASSUMED_HZ, known)
    points, notes = bridged(path, np.array(track.points), tuple(f"joint {k}" for k in range(len(track.points[0]))))
    skeleton, told = set_of(path, points)
    if len(people) > 1:
        notes.append(f"Several people; this is {who}.")
    notes += left_out(track.frames)
    assumed = () if rate_hz is not None or panoptic else (f"{ASSUMED_HZ:g} Hz",)
    says = {
        "CMU Panoptic": FileSays("CMU Panoptic JSON", (0.01, "centimetres"), UpAxis(CAMERA_UP, "as in CMU Panoptic")),
        "MediaPipe world landmarks": FileSays(
            "MediaPipe world landmarks", (1.0, "metres"), UpAxis(CAMERA_UP, "as a camera's axes are"), "move"
        ),
    }.get(form, FileSays("MMPose 3D keypoints", floor="move"))
    says = FileSays(says.format, says.unit, says.up, says.floor, (*told, *notes), assumed=assumed)
    title = path.stem if len(people) == 1 else f"{path.stem} {who}"
    clip = clip_of_joints(path, title, times, rate, points, skeleton, says, unit=unit, up=up)
    if form == "CMU Panoptic" and path.is_dir() and unit is None and up is None:
        return replace(clip, cameras=_cameras_of(path))
    return clip


def _cameras_of(folder: Path) -> tuple[Camera, ...]:
    """Panoptic's cameras of high definition, from the calibration beside a folder of poses; none where there is none.

    The files of a sequence have both, calibration_NAME.json and hdPose3d_stage1_coco19. Raises InputError for one that
    is damaged.
    """
    found = sorted(folder.absolute().parent.glob("calibration*.json"))
    if len(found) != 1:
        return ()
    cameras = read_calibration(found[0]).cameras
    return tuple(camera for camera in cameras if camera.name.startswith(_HD)) or cameras


def _frames(path: Path) -> list[Any]:
    """Return the frames of a file or a folder, with their numbers."""
    if path.is_dir():
        found = []
        for file in _frame_files(path):
            frame = keypoint_json.load_json(file)
            if isinstance(frame, dict):
                found.append({**frame, "frame": int(re.findall(r"\d{1,15}", file.stem)[-1])})
        return found
    content = keypoint_json.load_json(path)
    match content:
        case {"instance_info": [*frames]} | {"frames": [*frames]} | {"predictions": [*frames]} | [*frames]:
            pass
        case _:
            frames = [content]
    if frames and all(isinstance(f, dict) and "keypoints" in f for f in frames):
        frames = [{"instances": frames}]  # everybody in one image
    elif frames and all(isinstance(f, list) for f in frames):
        frames = [{"instances": frame} for frame in frames]
    if not frames:
        raise file_error(path, "frames", "are missing", "give a file with at least one")
    return frames


def _frame_files(folder: Path) -> list[Path]:
    """Return Panoptic's files of a folder in the order of their frame numbers."""
    files = [p for p in folder.glob("*.json") if re.search(r"\d$", p.stem)]
    return sorted(files, key=lambda p: (int(re.findall(r"\d{1,15}", p.stem)[-1]), p.name))
