"""Whatever a file holds, a reader returns a motion of finite numbers or raises InputError."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import motion_samples as samples
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data.formats import (
    amass,
    h36m_npz,
    joint_arrays,
    keypoint_json,
    kinestate_npz,
    motionbert_pickle,
    mpi_inf_3dhp,
    ntu_skeleton,
    pyskl_pickle,
    smpl_results,
    space_json,
    threedpw,
    trc,
)
from engine.data.registry import expand, open_motion
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17


def own(path: Path) -> Path:
    kinestate_npz.save_clip(path, MotionClip("walk", np.arange(6) / 60, samples.walking(), H36M_17))
    return path


WRITERS = {
    kinestate_npz: (own, "a.npz"),
    amass: (samples.amass, "a.npz"),
    h36m_npz: (samples.h36m_3d, "a.npz"),
    mpi_inf_3dhp: (samples.mpi_inf_3dhp, "a.npz"),
    threedpw: (samples.threedpw, "a.pkl"),
    motionbert_pickle: (samples.motionbert, "a.pkl"),
    smpl_results: (samples.aist, "a.pkl"),
    joint_arrays: (samples.joint_array, "a.npy"),
    space_json: (samples.mmpose_3d, "a.json"),
    ntu_skeleton: (samples.ntu_skeleton, "a.skeleton"),
    pyskl_pickle: (samples.pyskl, "a.pkl"),
    trc: (samples.trc_markers, "a.trc"),
    keypoint_json: (samples.alphapose, "a.json"),
}
ids = [reader.__name__.rsplit(".", 1)[-1] for reader in WRITERS]
readers = pytest.mark.parametrize("reader", WRITERS, ids=ids)
fuzz = settings(
    deadline=2000, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(autouse=True, scope="module")
def body_is_loaded(tmp_path_factory):
    """The first file with a body waits for it and for SciPy; the deadline is about the others."""
    open_motion(samples.amass(tmp_path_factory.mktemp("body") / "a.npz"))


def read_or_refuse(reader, path: Path) -> None:
    """Read by all the ways that a reader has."""
    selections = [None]
    try:
        if hasattr(reader, "contents"):
            names = reader.contents(path)
            selections += [*names[:2], f"{names[0]}/2d"]
    except InputError as error:
        assert_one_sentence(error)
    for select in selections:
        try:
            opened = reader.read(path, **({} if select is None else {"select": select}))
        except InputError as error:
            assert_one_sentence(error)
            continue
        arrays = (opened.positions,) if isinstance(opened, MotionClip) else (opened.xy, opened.confidence)
        assert all(np.isfinite(array).all() and len(array) == len(opened) > 0 for array in (opened.times, *arrays))
    try:
        open_motion(path)
        expand(path)
    except InputError as error:
        assert_one_sentence(error)
        assert "is not valid" not in str(error)  # the registry's net for oversights


def assert_one_sentence(error: InputError) -> None:
    assert "\n" not in str(error) and str(error).endswith(".") and len(str(error)) < 500


@st.composite
def damage(draw, data: bytes) -> bytes:
    """The bytes with some changed, put in, taken out or cut off."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(found) - 1, 0)))
        match draw(st.sampled_from(["change", "insert", "remove", "cut", "repeat"])):
            case "change" if found:
                found[at] = draw(st.integers(0, 255))
            case "insert":
                found[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "remove":
                del found[at : at + draw(st.integers(1, 64))]
            case "cut":
                del found[at:]
            case "repeat":
                found[at:at] = found[at : at + 64]
    return bytes(found)


@readers
@fuzz
@given(data=st.binary(max_size=300))
def test_random_bytes(tmp_path, reader, data):
    path = tmp_path / WRITERS[reader][1]
    path.write_bytes(data)
    read_or_refuse(reader, path)


@readers
@fuzz
@given(data=st.data())
def test_damaged_files(tmp_path, reader, data):
    write, name = WRITERS[reader]
    path = write(tmp_path / name)
    path.write_bytes(data.draw(damage(path.read_bytes())))
    read_or_refuse(reader, path)


@pytest.mark.parametrize("reader", [r for r in WRITERS if WRITERS[r][1] == "a.npz"], ids=lambda r: r.__name__)
@fuzz
@given(data=st.data())
def test_damaged_members(tmp_path, reader, data):
    """An npz guards its members with checksums; behind them anything may stand."""
    path = WRITERS[reader][0](tmp_path / "a.npz")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    victim = data.draw(st.sampled_from(sorted(members)))
    members[victim] = data.draw(damage(members[victim]))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    read_or_refuse(reader, path)


arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_]),
    st.sampled_from([(), (6,), (0, 72), (6, 72), (6, 156), (6, 3), (6, 17, 3), (6, 17, 2), (6, 32, 3), (1, 24, 3)]),
    elements={"allow_nan": True, "allow_infinity": True},
) | st.sampled_from([np.zeros((6, 17, 3)), np.zeros((6, 72)), np.full((6, 17, 3), 1e300), np.ones((1, 17, 2))])
KEYS = {
    amass: ["poses", "trans", "mocap_framerate", "mocap_frame_rate", "root_orient", "pose_body", "gender"],
    kinestate_npz: ["times", "positions", "rotations", "offsets", "kinestate"],
    h36m_npz: ["positions_3d", "positions_2d", "metadata", "S1", "Walking", "layout_name"],
    mpi_inf_3dhp: ["data", "S1 Seq1", "TS1", "0", "data_2d", "data_3d", "valid"],
    threedpw: ["jointPositions", "poses2d", "cam_poses", "cam_intrinsics", "campose_valid"],
    motionbert_pickle: ["train", "test", "joint_2d", "confidence", "joint3d_image", "source", "camera_name",
                        "2.5d_factor", "data_input", "data_label"],
    smpl_results: ["smpl_poses", "smpl_trans", "smpl_scaling", "betas", "frame_ids", "fps", "smpl_params_global", "tid",
                   "results", "smpl_thetas", "track_ids", "global_orient", "body_pose", "smpl", "camera", "time"],
    pyskl_pickle: ["annotations", "split", "frame_dir", "keypoint", "keypoint_score", "img_shape", "label"],
    keypoint_json: ["image_id", "keypoints", "people", "pose_keypoints_2d", "person_id", "instances", "frame_id",
                    "instance_info", "keypoint_scores", "annotations", "images", "bodies", "joints", "idx", "score",
                    "landmarks", "x", "y", "z", "predictions", "frames", "data", "skeleton", "pose", "visible",
                    "joints19", "poseWorldLandmarks", "landmark"],
}  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)


def structures(keys: list[str], leaves: st.SearchStrategy) -> st.SearchStrategy:
    """Nested dicts of a format's own keys, and lists, with anything at the ends."""
    return st.recursive(
        leaves,
        lambda inner: st.dictionaries(st.sampled_from(keys), inner, max_size=5) | st.lists(inner, max_size=4),
        max_leaves=12,
    )


@pytest.mark.parametrize(
    "reader",
    [h36m_npz, mpi_inf_3dhp, threedpw, motionbert_pickle, smpl_results, pyskl_pickle],
    ids=lambda r: r.__name__,
)
@pytest.mark.slow
@fuzz
@given(data=st.data())
def test_the_right_keys_with_anything_behind(tmp_path, reader, data):
    content = data.draw(st.dictionaries(st.sampled_from(KEYS[reader]), structures(KEYS[reader], arrays | scalars)))
    path = tmp_path / WRITERS[reader][1]
    if path.suffix == ".npz":
        members = {key: np.empty((), object) for key in content}
        for key, member in members.items():
            member[()] = content[key]
        np.savez(path, **members)
    else:
        path.write_bytes(pickle.dumps(content))
    read_or_refuse(reader, path)


@pytest.mark.parametrize("reader", [amass, kinestate_npz], ids=lambda r: r.__name__)
@fuzz
@given(data=st.data())
def test_the_right_members_with_any_array(tmp_path, reader, data):
    path = WRITERS[reader][0](tmp_path / "a.npz")
    with np.load(path) as saved:
        members = {key: saved[key] for key in saved}
    members |= data.draw(st.dictionaries(st.sampled_from(KEYS[reader]), arrays, max_size=3))
    np.savez(path, **members)
    read_or_refuse(reader, path)


points = st.lists(st.floats(-10, 2000), min_size=51, max_size=51) | st.just(samples.person_2d()) | st.just([[1.0, 2.0]])


@fuzz
@given(content=structures(KEYS[keypoint_json], scalars | points))
def test_json_of_any_shape(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    read_or_refuse(keypoint_json, path)


@fuzz
@given(data=st.data())
def test_damaged_archives(tmp_path, data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/one.bvh", samples.bvh(tmp_path / "one.bvh").read_bytes())
    path = tmp_path / "a.zip"
    path.write_bytes(data.draw(damage(buffer.getvalue())))
    try:
        for source in expand(path):
            source.open()
    except InputError as error:
        assert_one_sentence(error)
