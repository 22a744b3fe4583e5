"""Arrays of joint positions, (T, J, 3), in npy, npz and AIST++'s keypoint files; J of a known set.

    npy     (T, J, 3), (T, 3 J), (N, T, J, 3) of several motions; a fourth number of a joint is its confidence
            MDM's results: motion (N, J, 3, T), lengths (N,)
    npz     the same under one of `KEYS`
    AIST++  keypoints3d_optim or keypoints3d (T, 17, 3), pickle

Which set it is, the unit and the up axis are found from the body. Missing joints are NaN, or have confidence 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import choose, floats, mapping, uniform_times
from engine.data.joints.clip import FileSays, clip_of_joints
from engine.data.joints.gaps import bridged, with_gaps
from engine.data.joints.layouts import SETS, set_of
from engine.data.rates import rate_in
from engine.errors import file_error
from engine.motion.clip import MotionClip
from engine.motion.skeleton import SMPL_22
from engine.untrusted.safe_npz import Npz, load_npy, npz_names
from engine.untrusted.safe_pickle import load_pickle, looks_like_pickle, mentions

Float = NDArray[np.float64]

KEYS = (
    "keypoints3d_optim", "keypoints3d", "keypoints_3d", "kp3d", "joints3d", "joints_3d", "joints", "joint_positions",
    "poses_3d", "poses3d", "pose3d", "positions", "xyz", "pred_joints", "arr_0",
)  # fmt: skip
"""Names of the array, the first that is there."""
ASSUMED_HZ = 30.0
_FEATURES = {263: "HumanML3D's features", 251: "KIT-ML's features"}
_OTHER_FORMATS = {"kinestate", "positions_3d", "positions_2d", "poses", "global_orient", "root_orient", "smpl_poses"}
_NPY = b"\x93NUMPY"


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is an npy file, an npz with an array of joints and no other format, or AIST++'s keypoints."""
    if head.startswith(_NPY):
        return True
    if names := npz_names(head, path):
        return bool(names.intersection(KEYS)) and not names & _OTHER_FORMATS
    return looks_like_pickle(head) and mentions(path, b"keypoints3d") and not mentions(path, b"smpl_poses")


def contents(path: Path) -> list[str]:
    """List the motions of the file. Raises InputError."""
    return list(_motions(Path(path))[0])


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> MotionClip:
    """Read one motion in its own joint set.

    rate_hz  where not given: from the file, else 20 of 22 joints, as HumanML3D has it, 60 of AIST++'s, 30 of others
    unit, up  against what is found from the body
    Raises InputError.
    """
    path = Path(path)
    motions, content = _motions(path)
    name = choose(path, list(motions), select)
    positions, notes = bridged(path, motions[name], tuple(f"joint {j}" for j in range(motions[name].shape[1])))
    skeleton, told = set_of(path, positions)
    known = rate_in(path, content)
    if known is not None:
        stated, source = known.hz, f"from {known.key}"
    elif "keypoints3d" in content or "keypoints3d_optim" in content:
        stated, source = 60.0, "as AIST++ was recorded"
    elif skeleton.names == SMPL_22.names:
        stated, source = 20.0, "assumed, as HumanML3D has it"
    else:
        stated, source = ASSUMED_HZ, "assumed, the file holds none"
    times, rate = uniform_times(path, len(positions), rate_hz, stated, source)
    assumed = (f"{stated:g} Hz",) if rate_hz is None and source.startswith("assumed") else ()
    says = FileSays(
        f"joint positions ({skeleton.name})", assumed=assumed,
        notes=(*told, *notes),
    )  # fmt: skip
    title = path.stem if len(motions) == 1 else f"{path.stem} {name}"
    return clip_of_joints(path, title, times, rate, positions, skeleton, says, unit=unit, up=up)


def _motions(path: Path) -> tuple[dict[str, Float], Mapping[str, Any]]:
    """Return the motions (T, J, 3) by name, NaN where a joint is missing, and the file's table."""
    with path.open("rb") as file:
        head = file.read(len(_NPY))
    if head == _NPY:
        array = load_npy(path)
        if array.dtype != object:
            return _split(path, "content", array), {}
        results = mapping(path, "content", array.item() if array.ndim == 0 else None)
        return _of_mdm(path, results), results
    content: Mapping[Any, Any] = Npz(path) if head[:2] == b"PK" else mapping(path, "content", load_pickle(path))
    key = next((k for k in KEYS if k in content), None)
    if key is None:
        raise file_error(path, "content", "holds no joint positions", f"name the array {KEYS[1]}")
    return _split(path, key, content[key]), content


def _split(path: Path, field: str, array: Any) -> dict[str, Float]:
    """Return the motions of an array of one of the usual shapes."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise file_error(path, field, "is not an array of numbers", "give joint positions (frames, joints, 3)")
    shape = " x ".join(map(str, array.shape))
    if array.ndim == 2 and array.shape[1] in _FEATURES:
        what = f"holds {_FEATURES[array.shape[1]]} ({shape})"
        raise file_error(path, field, what, "give the joints that are made of them, such as those in new_joints")
    if array.ndim == 2 and array.shape[1] % 3 == 0 and array.shape[1] // 3 in SETS:
        array = array.reshape(len(array), -1, 3)
    if array.ndim >= 3 and array.shape[-1] == 2:
        raise file_error(path, field, f"holds points of a picture ({shape})", "give keypoint JSON, or joints in 3D")
    if array.ndim not in (3, 4) or array.shape[-1] not in (3, 4):
        raise file_error(path, field, f"is {shape}", "give joint positions (frames, joints, 3)")
    whole = array if array.ndim == 4 else array[None]
    if not whole.size:
        raise file_error(path, field, f"is {shape}", "give a file with at least one frame")
    return {f"motion {k}": _seen(with_gaps(path, field, one, (None, None, None))) for k, one in enumerate(whole)}


def _seen(points: Float) -> Float:
    """Return positions (T, J, 3) of points with or without a confidence, NaN where that is 0."""
    if points.shape[-1] == 3:
        return points
    return np.where(points[..., 3:] > 0, points[..., :3], np.nan)


def _of_mdm(path: Path, content: dict[Any, Any]) -> dict[str, Float]:
    """Return the motions of MDM's results.npy, each as long as it says."""
    if "motion" not in content:
        raise file_error(path, "content", "is a table without motion", "give joint positions (frames, joints, 3)")
    motion = floats(path, "motion", content["motion"], (None, None, 3, None)).transpose(0, 3, 1, 2)
    lengths = np.full(len(motion), motion.shape[1])
    if "lengths" in content:
        given = content["lengths"]
        lengths = floats(path, "lengths", np.ravel(given) if isinstance(given, np.ndarray) else given, (len(motion),))
        lengths = np.clip(lengths, 1, motion.shape[1]).astype(int)
    return {f"motion {k}": one[:n] for k, (one, n) in enumerate(zip(motion, lengths, strict=True))}
