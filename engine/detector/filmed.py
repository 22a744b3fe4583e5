"""People in a video by a detector, kept on disk so that the same video opens at once the next time."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error
from engine.motion.clip import Provenance
from engine.motion.skeleton import LAYOUTS
from engine.observation.people_in_view import PeopleInView
from engine.paths import user_cache
from engine.progress import Cancel, Cancelled, Progress
from engine.writing import save_bytes

if TYPE_CHECKING:
    from engine.detector.detection import Detector

Float = NDArray[np.float64]

VERSION = 1
"""Of what is kept."""
SURE = 0.3
"""Joints of which a detector is less sure are not seen: it answers every joint, wherever it is."""
MOST_FRAMES = 1_000_000


Open = Callable[[str, int], "Detector"]
"""Opens a detector by name, on so many threads."""


def _library() -> Open:
    from engine.detector.library import open_detector

    return open_detector


def kept_at(path: Path, detector: str, people: int) -> Path:
    """The file in which a video's people are kept: another one where the video has changed."""
    found = path.stat()
    key = f"{path.absolute()}|{found.st_size}|{found.st_mtime_ns}|{detector}|{people}|{VERSION}"
    return user_cache() / "detections" / f"{path.stem[:40]}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"


def people_in_video(
    path: Path,
    detector: str = "full",
    people: int = 2,
    *,
    threads: int = 1,
    opener: Open | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> PeopleInView:
    """Find up to so many people in every frame of a video, or read them where they are kept.

    Raises InputError for what is no video and a detector that is not set up, and Cancelled.
    """
    try:
        kept = kept_at(path, detector, people)
    except OSError as error:
        raise file_error(path, "file", "cannot be read", "check the path", detail=str(error)) from None
    found = _kept(kept)
    if found is None:
        found = _detected(path, (opener or _library())(detector, threads), people, progress, cancel)
        written = io.BytesIO()
        np.savez_compressed(written, **found)
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            save_bytes(written.getvalue(), kept)
        except (OSError, InputError):
            pass  # a full disk costs the time of finding them again
    skeleton = LAYOUTS[str(found["skeleton"])]
    width, height = (int(n) for n in found["size"])
    confidence = np.where(found["confidence"] < SURE, 0.0, found["confidence"])
    where = Provenance(str(path), f"video through the detector {detector}", "pixels", "", "of the video")
    return PeopleInView(path.stem, found["times"], found["xy"], confidence, skeleton, (width, height), where)


def _kept(file: Path) -> dict[str, Any] | None:
    """What is kept in a file; None where there is none or it is damaged."""
    wanted = {"times", "xy", "confidence", "size", "skeleton"}
    try:
        with np.load(file, allow_pickle=False) as held:
            return {name: held[name] for name in wanted} if wanted <= set(held.files) else None
    except Exception:  # of any kind: found again then
        return None


def _detected(
    path: Path, detector: Detector, people: int, progress: Progress | None, cancel: Cancel | None
) -> dict[str, Any]:
    import cv2

    video = cv2.VideoCapture(str(path))
    frames = min(int(video.get(cv2.CAP_PROP_FRAME_COUNT)), MOST_FRAMES)
    hz = float(video.get(cv2.CAP_PROP_FPS))
    joints = len(detector.skeleton)
    if detector.skeleton.name not in LAYOUTS:
        raise InputError(f"Detector {detector.name} answers joints of its own, {joints}; choose full, lite or heavy.")
    rows: list[tuple[Float, Float]] = []
    stamps: list[float] = []
    size = (0, 0)
    try:
        while len(rows) < MOST_FRAMES:
            if cancel is not None and cancel():
                raise Cancelled
            stamp = float(video.get(cv2.CAP_PROP_POS_MSEC)) / 1000
            there, picture = video.read()
            if not there:
                break
            size = (picture.shape[1], picture.shape[0])
            xy, confidence = np.zeros((people, joints, 2)), np.zeros((people, joints))
            for number, seen in enumerate(detector.detect(np.asarray(picture, np.uint8), people)[:people]):
                xy[number], confidence[number] = seen.xy, seen.confidence
            rows.append((xy, confidence))
            stamps.append(stamp)
            if progress is not None:
                progress(min(len(rows) / max(frames, 1), 1.0), path.name)
    finally:
        video.release()
    if not rows:
        raise file_error(path, "video", "cannot be read", "give a video that plays, or save it as MP4")
    return {
        "times": _times(np.array(stamps), hz),
        "xy": np.stack([xy for xy, _ in rows]).astype(np.float32).astype(np.float64),
        "confidence": np.stack([confidence for _, confidence in rows]),
        "size": np.array(size),
        "skeleton": np.array(detector.skeleton.name),
    }


def _times(stamps: Float, hz: float) -> Float:
    """The film's own timestamps; even ones where they hardly differ from those or are of no use."""
    even = np.arange(len(stamps)) / (hz if 1 <= hz <= 1000 else 30.0)
    own = stamps - stamps[0]
    if len(own) < 2 or not (np.diff(own) > 0).all() or np.abs(own - even).max() < 0.5 / max(hz, 1.0):
        return even
    return own
