"""Kinestate's own npz: what is saved comes back exactly, and nothing else is accepted."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.body.skinning import pose_joints
from engine.cameras.pinhole import look_at
from engine.data.formats import kinestate_npz
from engine.errors import InputError
from engine.motion.clip import MotionClip, Provenance
from engine.motion.skeleton import Skeleton


def make_clip(frames=5, joints=4, seed=0, rotations=True, name="walk", text="found", **fields) -> MotionClip:
    rng = np.random.default_rng(seed)
    quats = rng.normal(size=(frames, joints, 4))
    skeleton = Skeleton("test", tuple(f"j{i}" for i in range(joints)), (-1, *range(joints - 1)), left=(1,), right=(2,))
    return MotionClip(
        name=name,
        times=np.concatenate([[0.0], np.cumsum(rng.uniform(0.001, 0.1, frames - 1))]),
        positions=rng.normal(size=(frames, joints, 3)) * 10 ** rng.uniform(-3, 3),
        skeleton=skeleton,
        rotations=quats / np.linalg.norm(quats, axis=-1, keepdims=True) if rotations else None,
        offsets=rng.normal(size=(joints, 3)) if rotations else None,
        cameras=(look_at("front", rng.normal(size=3), np.array([0.0, 5.0, 1.0])),),
        category="walking",
        subject="7",
        provenance=Provenance(text, text, text, "Z", text, (text, "second"), generated=True),
        **fields,
    )


def same(a: MotionClip, b: MotionClip) -> bool:
    for key in ("times", "positions", "rotations", "offsets"):
        if not np.array_equal(getattr(a, key), getattr(b, key)):
            return False
    cameras = all(
        np.array_equal(c.rotation, d.rotation)
        and np.array_equal(c.centre, d.centre)
        and (c.name, c.focal, c.principal, c.image_size, c.distortion)
        == (d.name, d.focal, d.principal, d.image_size, d.distortion)
        for c, d in zip(a.cameras, b.cameras, strict=True)
    )
    rest = ("name", "skeleton", "category", "subject", "provenance")
    return cameras and all(getattr(a, key) == getattr(b, key) for key in rest)


@settings(max_examples=40)
@given(
    frames=st.integers(1, 6),
    joints=st.integers(3, 6),
    seed=st.integers(0, 2**32 - 1),
    rotations=st.booleans(),
    name=st.text(max_size=20),
    text=st.text(max_size=40),
)
def test_round_trip_is_exact(tmp_path_factory, frames, joints, seed, rotations, name, text):
    path = tmp_path_factory.mktemp("npz") / "clip.npz"
    clip = make_clip(frames, joints, seed, rotations, name, text)
    kinestate_npz.save_clip(path, clip)
    assert kinestate_npz.matches(path.read_bytes()[:4096], path)
    assert same(kinestate_npz.read(path), clip)


@pytest.mark.parametrize("place", [True, False])
def test_a_body_comes_back_with_the_clip(tmp_path, place):
    clip = make_clip(5)
    pose = replace(random_pose(5), times=clip.times, offsets=np.ones((24, 3)) if place else None)
    pose = pose if place else replace(pose, root=None)
    kinestate_npz.save_clip(tmp_path / "clip.npz", replace(clip, body=pose))
    back = kinestate_npz.read(tmp_path / "clip.npz")
    assert back.body.body == pose.body and np.array_equal(back.body.times, clip.times)
    for key in ("root", "shape", "offsets"):
        assert np.array_equal(getattr(back.body, key), getattr(pose, key))
    np.testing.assert_allclose(back.body.rotations, pose.rotations, atol=1e-12)


def test_a_body_goes_with_the_axes_and_the_unit(tmp_path):
    clip, body = make_clip(5), tube_body()
    pose = replace(random_pose(5), times=clip.times, offsets=body.offsets(np.zeros(10)))
    kinestate_npz.save_clip(tmp_path / "clip.npz", replace(clip, body=pose))
    back = kinestate_npz.read(tmp_path / "clip.npz", up="Y", unit="cm").body
    axes = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    np.testing.assert_allclose(pose_joints(body, back), 0.01 * pose_joints(body, pose) @ axes.T, atol=1e-12)


def test_a_body_whose_rotations_are_none_is_refused(tmp_path):
    clip = make_clip(5)
    pose = replace(random_pose(5), times=clip.times)
    kinestate_npz.save_clip(tmp_path / "clip.npz", replace(clip, body=replace(pose, rotations=2 * pose.rotations)))
    with pytest.raises(InputError, match="body_rotations are not unit quaternions"):
        kinestate_npz.read(tmp_path / "clip.npz")


def test_single_precision_is_close_and_smaller(tmp_path):
    clip = make_clip(200)
    kinestate_npz.save_clip(tmp_path / "full.npz", clip)
    kinestate_npz.save_clip(tmp_path / "single.npz", clip, single=True)
    back = kinestate_npz.read(tmp_path / "single.npz")
    np.testing.assert_allclose(back.positions, clip.positions, rtol=1e-7, atol=1e-7 * np.abs(clip.positions).max())
    assert np.array_equal(back.times, clip.times)
    assert (tmp_path / "single.npz").stat().st_size < 0.7 * (tmp_path / "full.npz").stat().st_size


def test_no_pickle_inside_and_same_bytes_twice(tmp_path):
    clip = make_clip()
    kinestate_npz.save_clip(tmp_path / "a.npz", clip)
    kinestate_npz.save_clip(tmp_path / "b.npz", clip)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert {k: arrays[k].dtype.kind for k in arrays} == {
            "kinestate": "U", "times": "f", "positions": "f", "rotations": "f", "offsets": "f"
        }  # fmt: skip


def test_overrides(tmp_path):
    clip = make_clip()
    kinestate_npz.save_clip(tmp_path / "a.npz", clip)
    back = kinestate_npz.read(tmp_path / "a.npz", rate_hz=50, unit="cm", up="Y")
    np.testing.assert_allclose(back.times, np.arange(5) / 50)
    x, y, z = np.moveaxis(clip.positions, -1, 0)
    np.testing.assert_allclose(back.positions, np.stack([x, -z, y], -1) / 100)
    pixels, _ = clip.cameras[0].project(clip.positions)
    np.testing.assert_allclose(back.cameras[0].project(back.positions)[0], pixels)  # the camera moved with them
    assert back.provenance.rate == "50 Hz as given"
    assert back.provenance.unit == "centimetres as given"


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    kinestate_npz.save_clip(path, make_clip())
    before = path.read_bytes()

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(InputError, match=r"a\.npz: file cannot be written"):
        kinestate_npz.save_clip(path, make_clip(seed=1))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.npz"]


def broken(path: Path, *, info: dict | None = None, drop: str = "", **arrays) -> Path:
    """A saved clip with some members replaced."""
    kinestate_npz.save_clip(path, make_clip())
    with np.load(path) as saved:
        members = {k: saved[k] for k in saved}
    text = json.loads(str(members["kinestate"])) | (info or {})
    members |= {"kinestate": np.array(json.dumps(text))} | arrays
    members.pop(drop, None)
    np.savez(path, **members)
    return path


CYCLE = {"name": "x", "names": list("abcd"), "parents": [-1, 2, 1, 0], "left": [], "right": []}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drop": "positions"}, "positions is missing"),
        ({"positions": np.zeros((5, 3, 3))}, "positions is 5 x 3 x 3 where any x 4 x 3"),
        ({"positions": np.zeros((0, 4, 3))}, "positions is 0 x 4 x 3"),
        ({"positions": np.full((5, 4, 3), np.nan)}, "positions holds a value that is not finite at index 0"),
        ({"positions": np.full((5, 4, 3), "a")}, "positions is not an array of numbers"),
        ({"times": np.array([0.0, 1, 1, 2, 3])}, "times do not increase"),
        ({"times": np.arange(4.0)}, "times is 4 where 5"),
        ({"rotations": np.ones((5, 4, 3))}, "rotations is 5 x 4 x 3"),
        ({"info": {"version": 99}}, "version is 99, newer"),
        ({"info": {"skeleton": {}}}, "kinestate is damaged"),
        ({"info": {"cameras": [{"name": "x"}]}}, "kinestate is damaged"),
        ({"kinestate": np.array("{")}, "kinestate is damaged"),
        ({"info": {"skeleton": CYCLE}}, "kinestate is damaged"),
    ],
)  # fmt: skip
def test_wrong_content_is_one_sentence(tmp_path, change, message):
    path = broken(tmp_path / "a.npz", **change)
    with pytest.raises(InputError, match=message) as caught:
        kinestate_npz.read(path)
    assert str(caught.value).startswith("a.npz: ")
    assert "\n" not in str(caught.value)
