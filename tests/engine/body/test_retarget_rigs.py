"""Real clips of every rig: near, smooth, flat; rotations and positions agree; one take of two rigs is one motion."""

from pathlib import Path

import numpy as np
import pytest
from body_fakes import tube_body

from engine.body import library
from engine.body.retarget.figures import jitter_deg
from engine.body.retarget.fit import fit
from engine.body.retarget.matrices import angle_between, global_of, local_of
from engine.body.retarget.rig_maps import MAPS, map_of
from engine.body.retarget.rotations import CopiedRotations
from engine.body.skinning import pose_joints
from engine.data.registry import expand
from engine.motion.conversions import to_h36m17
from engine.motion.rotations import quat_to_matrix
from engine.motion.skeleton import H36M_17, SMPL_24

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "cmu"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the CMU archives are not in ../shared/data/cmu"),
]

CLIPS = {  # rig -> (archive, clip)
    "CMU ASF": ("val", "zombie"),
    "cgspeed MotionBuilder": ("train", "10_02"),
    "MotionBuilder, index fingers": ("train", "12_01"),
    "cgspeed 3ds Max": ("train", "jumping_jacks"),
    "cgspeed DAZ": ("train", "10_01"),
    "iClone CC_Base": ("test", "07_03"),
    "fair1": ("train", "fair1_dab"),
}
TRUSTED = {"CMU ASF", "cgspeed MotionBuilder", "MotionBuilder, index fingers", "cgspeed 3ds Max", "iClone CC_Base"}
MOST_FRAMES = 360


@pytest.fixture(scope="module")
def body():
    if library.MANNEQUIN in library.names():
        return library.body()
    return tube_body()


@pytest.fixture(scope="module")
def archives():
    return {name: expand(DATA / f"{name}.tar.xz") for name in {archive for archive, _ in CLIPS.values()}}


@pytest.fixture(scope="module")
def clips(archives):
    found = {}
    for rig, (archive, name) in CLIPS.items():
        source = next(s for s in archives[archive] if s.name == name)
        found[rig] = source.open().take(slice(0, MOST_FRAMES))
    return found


def turned(fitted):
    return global_of(quat_to_matrix(fitted.pose.rotations))


def median_degrees(a, b, joint):
    return float(np.degrees(np.median(angle_between(a[:, SMPL_24.index(joint)], b[:, SMPL_24.index(joint)]))))


def test_every_known_rig_is_tried(clips):
    tried = {id(map_of(clip.skeleton.names)) for clip in clips.values()}
    assert tried == {id(rig_map) for maps in MAPS.values() for rig_map in maps}


@pytest.mark.parametrize("rig", CLIPS)
def test_a_clip_of_each_rig(rig, clips, body):
    clip = clips[rig]
    by_rotations, by_positions = (fit(clip, body, way=way) for way in ("rotations", "positions"))
    assert fit(clip.take(slice(0, 20)), body).source == "rotations"
    assert by_rotations.trusted == (("head", "hands") if rig in TRUSTED else ())
    for fitted in (by_rotations, by_positions):
        assert fitted.figures.joint_error_mm < 3
    agreement = {"cgspeed DAZ": 4, "fair1": 8}.get(rig, 3)
    for joint in ("left shoulder", "right shoulder", "left elbow", "right elbow", "left hip", "right knee"):
        assert median_degrees(turned(by_rotations), turned(by_positions), joint) < agreement, joint
    source = CopiedRotations(clip, map_of(clip.skeleton.names), body)(slice(None))
    head = SMPL_24.index("head")
    assert np.abs(turned(by_rotations)[:, head] - source[:, head]).max() < 1e-6  # least squares leave it alone


@pytest.mark.parametrize("rig", ["cgspeed MotionBuilder", "iClone CC_Base"])
def test_the_body_stands_where_the_17_joints_stand(rig, clips, body):
    seen = to_h36m17(clips[rig]).positions
    joints = pose_joints(body, fit(clips[rig], body).pose)
    for name in ("left ankle", "right wrist", "left knee"):
        off = joints[:, SMPL_24.index(name)] - seen[:, H36M_17.index(name)]
        assert np.linalg.norm(off, axis=-1).mean() < 3e-3, name


def test_the_same_take_of_two_rigs_is_the_same_motion(body):
    """01_01 as AMC, by cgspeed (an exact conversion, one T-pose frame first) and in iClone (retargeted, 60 Hz)."""
    takes = {s.open().skeleton.name: s.open() for s in expand(DATA / "pairs.tar.xz") if "01_01/" in s.member}
    assert len(takes) == 3
    rotations = {
        name: CopiedRotations(clip, map_of(clip.skeleton.names), body)(slice(None)) for name, clip in takes.items()
    }
    amc = rotations["CMU ASF"]
    exact = rotations["cgspeed MotionBuilder"][1:]
    for name in SMPL_24.names:
        if not name.startswith(("pelvis", "spine")):  # leant by the rest pose, which has lost a bone
            assert median_degrees(amc, exact, name) < 0.1, name
    other = rotations["iClone CC_Base"]
    shared = min(len(amc[1::2]), len(other))
    limits = {"ankle": 10, "wrist": 6}
    for name in ("head", "left hip", "right knee", "left shoulder", "right elbow", "left wrist", "right ankle"):
        limit = limits.get(name.split()[-1], 5)
        assert median_degrees(amc[1::2][:shared], other[:shared], name) < limit, name


@pytest.mark.slow
def test_every_third_clip(body):
    """The goals over a third of all clips, most of a second of each: error, jitter against the rig's own, soles."""
    figures = []
    for archive in ("train", "val", "test", "extra_short_runs"):
        for source in expand(DATA / f"{archive}.tar.xz")[::3]:
            clip = source.open()
            clip = clip.take(slice(len(clip) // 2 - 40, len(clip) // 2 + 40))
            full, seen = (fit(clip, body, way=way).figures for way in ("rotations", "h36m17"))
            own = CopiedRotations(clip, map_of(clip.skeleton.names), body)(slice(None))
            figures.append(
                (full.joint_error_mm, seen.joint_error_mm, full.rotation_jitter_deg, jitter_deg(local_of(own)),
                 full.foot_tilt_deg or 0.0)
            )  # fmt: skip
    full_mm, seen_mm, jitter, own_jitter, tilt = np.array(figures).T
    assert len(figures) == 68
    assert full_mm.mean() < 2 and full_mm.max() < 6
    assert seen_mm.mean() < 14 and seen_mm.max() < 35
    assert (jitter < 1.1 * own_jitter + 0.1).all()
    assert tilt.mean() < 6
