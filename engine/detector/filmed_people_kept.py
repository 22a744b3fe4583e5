"""The people of long videos, told apart and with their sides put right, kept beside the video's keypoints.

Following takes longer than reading what a detector found: 18 s for an hour. What is kept goes with those keypoints and
with the code that followed: where either is another, people are followed again.
"""

from __future__ import annotations

import hashlib
import inspect
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from engine import __version__
from engine.detector import confidence, facing, filmed_people, follow_person, keypoints, swaps
from engine.detector.filmed import Filmed
from engine.detector.filmed_kept import Keeping
from engine.detector.filmed_people import FilmedPerson, people_of
from engine.motion.skeleton import H36M_17
from engine.observation import keypoint_layouts
from engine.progress import watched
from engine.untrusted.safe_npz import Npz

LONG = 3000
"""Pictures of a video for which it is worth it: half a second of work."""
_RULES = (follow_person, swaps, facing, keypoints, confidence, keypoint_layouts, filmed_people)
_ARRAYS = ("pictures", "places", "put_back", "xy", "confidence")


@lru_cache(maxsize=1)
def people_in(path: Path, film: Filmed) -> tuple[FilmedPerson, ...]:
    """As `engine.detector.filmed_people.people_of`, of the video at a path, read where it is kept."""
    if len(film.times) < LONG:
        with watched(share=lambda done: None):  # it is over before one could look
            return people_of(film)
    key = _key(film)
    keeping = Keeping(f".{path.name[:60]}.people-{key[:16]}.npz", path.absolute().parent)
    found = keeping.read_as(partial(_read, key=key, film=film))
    if found is None:
        found = people_of(film)
        arrays = {f"{name} {k}": getattr(person, name) for k, person in enumerate(found) for name in _ARRAYS}
        keeping.write_arrays(key=key, people=len(found), **arrays)
    return found


def _key(film: Filmed) -> str:
    """A digest of what was detected, and of the code that makes people of it."""
    found = hashlib.sha256(f"{film.skeleton.name}|{film.image_size}|{film.xy.shape}".encode())
    for array in (film.times, film.xy, film.confidence, film.box):
        found.update(array.tobytes())
    for module in _RULES:
        try:
            found.update(inspect.getsource(module).encode())
        except OSError:  # a program without its source is always that of its version
            found.update(__version__.encode())
    return found.hexdigest()


def _read(held: Npz, key: str, film: Filmed) -> tuple[FilmedPerson, ...]:
    """Raises InputError, KeyError, ValueError or TypeError for what is no such file, or of other keypoints."""
    if str(held["key"]) != key:
        raise ValueError("another key")
    return tuple(_person(held, k, film) for k in range(int(held["people"])))


def _person(held: Npz, k: int, film: Filmed) -> FilmedPerson:
    pictures, places, put_back = (np.asarray(held[f"{name} {k}"], np.intp) for name in _ARRAYS[:3])
    xy, sure = (np.asarray(held[f"{name} {k}"], np.float64) for name in _ARRAYS[3:])
    joints = len(H36M_17)
    if not (
        pictures.ndim == 1
        and pictures.shape == places.shape
        and _within(pictures, len(film.times))
        and _within(places, film.confidence.shape[1])
        and _within(put_back, len(pictures))
        and (np.diff(pictures) > 0).all()
        and film.confidence[pictures, places].any(-1).all()
        and xy.shape == (*put_back.shape, joints, 2)
        and sure.shape == (*put_back.shape, joints)
    ):
        raise ValueError("people of another video")
    return FilmedPerson(pictures, places, put_back, xy, sure)


def _within(places: np.ndarray, count: int) -> bool:
    return bool(((places >= 0) & (places < count)).all())
