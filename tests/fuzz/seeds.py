"""Small valid files of every format that is read, and archives of them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import motion_samples as samples
import numpy as np

from engine.data.formats import BUILT_IN
from engine.data.formats.kinestate_npz import save_clip
from engine.data.registry import expand
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17

ASF = """:version 1.10
:name VICON
:units
  mass 1.0
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name lfemur
    direction 0.3 -0.9 0
    length 7
    axis 0 0 20 XYZ
    dof rx ry rz
  end
  begin
    id 2
    name ltibia
    direction 0.3 -0.9 0
    length 7
    axis 0 0 20 XYZ
    dof rx
  end
  begin
    id 3
    name rfemur
    direction -0.3 -0.9 0
    length 7
    axis 0 0 -20 XYZ
    dof rx ry rz
  end
:hierarchy
  begin
    root lfemur rfemur
    lfemur ltibia
  end
"""
AMC = "#!OML:ASF\n:FULLY-SPECIFIED\n:DEGREES\n" + "".join(
    f"{k}\nroot {k} 17 {k} 0 {k} 0\nlfemur 1 2 {k}\nltibia {k}\nrfemur 3 2 {k}\n" for k in range(1, 5)
)


def files(folder: Path) -> list[tuple[str, bytes]]:
    """Names and contents; each opens as it is."""
    made = [
        samples.amass(folder / "amass.npz"),
        samples.h36m_3d(folder / "h36m.npz"),
        samples.h36m_2d(folder / "h36m_2d.npz"),
        samples.mpi_inf_3dhp(folder / "mpi.npz"),
        samples.threedpw(folder / "threedpw.pkl"),
        samples.motionbert(folder / "motionbert.pkl"),
        samples.motionbert_clip(folder / "motionbert_clip.pkl"),
        samples.coco(folder / "coco.json"),
        samples.alphapose(folder / "alphapose.json"),
        samples.openpose_frame(folder / "openpose.json"),
        samples.mmpose(folder / "mmpose.json"),
        samples.bvh(folder / "walk.bvh"),
        samples.aist(folder / "aist.pkl"),
        samples.joint_array(folder / "joints.npy"),
        samples.trc_markers(folder / "markers.trc"),
        samples.ntu_skeleton(folder / "S001C001P001R001A001.skeleton"),
        samples.pyskl(folder / "pyskl.pkl"),
        samples.mmpose_3d(folder / "mmpose_3d.json"),
        samples.vibe(folder / "vibe.pkl"),
        samples.c3d_file(folder / "walk.c3d", H36M_17.names, 1000 * samples.walking()),
    ]
    save_clip(folder / "own.npz", MotionClip("walk", np.arange(6) / 60, samples.walking(), H36M_17))
    found = [(path.name, path.read_bytes()) for path in (*made, folder / "own.npz")]
    found += [("live.jsonl", live().encode()), ("live_rig.jsonl", live_rig().encode())]
    pair = {"35/35.asf": ASF.encode(), "35/35_01.amc": AMC.encode()}
    found.append(("amc.tar.gz", tarred(pair)))
    found.append(("amc.zip", zipped(pair)))
    for name, data in found:
        (folder / name).write_bytes(data)
        assert [source.open() for source in expand(folder / name)], name
        (folder / name).unlink()
    assert len(BUILT_IN) <= len(found), "a format has no file here"
    return found


def live() -> str:
    """Six frames of a live recording of keypoints."""
    camera = {"rotation": np.eye(3).tolist(), "centre": [0, 0, 0], "name": "c", "focal": [9, 9], "principal": [5, 5],
              "image_size": [10, 10], "distortion": []}  # fmt: skip
    lines: list[dict[str, object]] = [
        {"kinestate_live": 1, "model": "m", "look_ahead_frames": 0, "keypoints": "H36M-17"},
        {"height_m": 1.7, "body": "kinestate", "image_size": [10, 10], "camera": camera},
        {"event": "The detector ended.", "t": 0.1},
    ]
    xy, confidence = np.arange(34.0).reshape(17, 2).tolist(), [0.5] * 17
    for k in range(6):
        lines.append({"t": 0.1 * k, "rate": 1.0, "xy": xy, "confidence": confidence, "latency_ms": 9.0, "dropped": 0})
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def live_rig() -> str:
    """Six frames of a live recording of two cameras, with a picture of each."""
    cameras = [{"rotation": np.eye(3).tolist(), "centre": [k, 0, 0], "name": f"c{k}", "focal": [9, 9],
                "principal": [5, 5], "image_size": [10, 10], "distortion": []} for k in range(2)]  # fmt: skip
    lines: list[dict[str, object]] = [
        {"kinestate_live": 1, "model": "m", "look_ahead_frames": 0, "views": "H36M-17"},
        {"height_m": 1.7, "body": "kinestate", "cameras": cameras},
    ]
    xy, confidence = np.arange(34.0).reshape(17, 2).tolist(), [0.5] * 17
    for k in range(6):
        both = {"xy": [xy, xy], "confidence": [confidence, confidence]}
        lines.append({"t": 0.1 * k, "rate": 1.0, **both, "latency_ms": 9.0, "dropped": 0})
        lines.append({"seen_by": k % 2, "t": 0.1 * k, "own": 7.0, "ids": [1, 2], **both})
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def tarred(members: dict[str, bytes]) -> bytes:
    """A tar of these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of these files, not compressed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()
