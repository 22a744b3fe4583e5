"""Licensed body files: what they hold comes out, checked; nothing in them runs."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from body_fakes import tube_body
from licensed_files import as_published, chumpy, model_arrays, parents_of, write_npz, write_pkl

from engine.body import library
from engine.body.model import FROM_SMPL
from engine.body.skinning import posed_vertices
from engine.body.smpl_files import read_body
from engine.errors import InputError
from engine.kinds import as_joints
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, axis_angle_to_quat, change_axes, quat_to_matrix
from engine.motion.skeleton import H36M_17


def same(body, other):
    for field in ("template", "faces", "shape_directions", "pose_directions", "joint_regressor", "weights"):
        np.testing.assert_array_equal(getattr(body, field), getattr(other, field))


@pytest.fixture
def arrays():
    return model_arrays("SMPL")


def test_an_npz_and_pickles_of_every_kind_hold_the_same_body(tmp_path, arrays):
    model, body = read_body(write_npz(tmp_path / "SMPL_MALE.npz", arrays))
    assert model == "SMPL" and body.name == "SMPL_MALE"
    np.testing.assert_allclose(body.template @ FROM_SMPL, arrays["v_template"], atol=1e-15)
    np.testing.assert_array_equal(body.faces, arrays["f"])
    for protocol in (0, 1, 2):
        for content in (arrays, as_published(arrays)):
            path = write_pkl(tmp_path / f"basicmodel_m_{protocol}.pkl", content, protocol)
            same(read_body(path)[1], body)
    (tmp_path / "new.pkl").write_bytes(pickle.dumps(arrays))  # as Python 3 writes
    same(read_body(tmp_path / "new.pkl")[1], body)


def test_a_pickle_of_the_published_size(tmp_path):
    arrays = model_arrays("SMPL", vertices=6890, shapes=10)
    assert arrays["posedirs"].shape == (6890, 3, 207)
    _, body = read_body(write_pkl(tmp_path / "basicModel_f_lbs_10_207_0_v1.0.0.pkl", as_published(arrays)))
    assert len(body) == 6890 and body.shape_directions.shape == (6890, 3, 10)
    assert len(body.corrected) == 6890
    np.testing.assert_allclose(body.shaped(np.zeros(10)) @ FROM_SMPL, arrays["v_template"], atol=1e-15)
    assert "non-commercial" in body.about and "no regressor" in body.about


@pytest.mark.parametrize(("stored", "used"), [(400, 300), (20, 10), (10, 10), (300, 300)])
def test_shapes_of_smpl_x_are_those_of_the_body_alone(tmp_path, stored, used):
    arrays = model_arrays("SMPL-X", shapes=stored)
    model, body = read_body(write_npz(tmp_path / "SMPLX_NEUTRAL.npz", arrays))
    assert model == "SMPL-X" and body.shape_directions.shape == (60, 3, used)
    shape = np.random.default_rng(1).normal(size=used)
    expected = arrays["v_template"] + arrays["shapedirs"][..., :used] @ shape
    np.testing.assert_allclose(body.shaped(shape) @ FROM_SMPL, expected, atol=1e-12)


@pytest.mark.parametrize("model", ["SMPL", "SMPL-H", "SMPL-X"])
def test_with_fingers_and_face_at_rest_it_moves_as_the_whole_model_does(tmp_path, monkeypatch, model):
    """Against skinning of all 24, 52 or 55 joints as SMPL's equations say it, in SMPL's axes, in plain loops."""
    arrays = model_arrays(model, shapes=16, seed=3)
    _, body = read_body(write_npz(tmp_path / "model.npz", arrays))
    random = np.random.default_rng(2)
    quaternions = np.tile(IDENTITY, (1, 24, 1))
    quaternions[0, :22] = axis_angle_to_quat(random.normal(0, 0.5, (22, 3)))
    shape, root = random.normal(size=16), random.normal(size=3)
    pose = BodyPose(np.zeros(1), quaternions, root[None], shape, "licensed")
    own = replace(tube_body(), name=library.MANNEQUIN)  # whose nose and head top a licensed body borrows
    monkeypatch.setattr(library, "_added", {"licensed": body, library.MANNEQUIN: own})
    expected = whole_model(arrays, parents_of(model), change_axes(quaternions[0, :22], FROM_SMPL.T), shape)
    found = posed_vertices(body, pose)[0] - root
    np.testing.assert_allclose(found @ FROM_SMPL, expected, atol=1e-6)  # pose directions are kept in single precision
    joints = as_joints(pose, H36M_17)
    assert joints.positions.shape == (1, 17, 3) and np.isfinite(joints.positions).all()


def whole_model(arrays, parents, quaternions, shape):
    """Vertices about joint 0 of a model whose joints beyond the given ones are at rest."""
    local = np.tile(np.eye(3), (len(parents), 1, 1))
    local[: len(quaternions)] = quat_to_matrix(quaternions)
    rest = arrays["v_template"] + arrays["shapedirs"] @ shape
    joints = arrays["J_regressor"] @ rest
    rest = rest + arrays["posedirs"] @ (local[1:] - np.eye(3)).ravel()
    turned, places = [local[0]], [np.zeros(3)]
    for j in range(1, len(parents)):
        p = parents[j]
        turned.append(turned[p] @ local[j])
        places.append(places[p] + turned[p] @ (joints[j] - joints[p]))
    result = np.zeros_like(rest)
    for v in range(len(rest)):
        for j in range(len(parents)):
            result[v] += arrays["weights"][v, j] * (turned[j] @ (rest[v] - joints[j]) + places[j])
    return result


@pytest.mark.parametrize("model", ["SMPL-H", "SMPL-X"])
def test_hands_and_head_take_what_hangs_on_them(tmp_path, model):
    arrays = model_arrays(model)
    _, body = read_body(write_npz(tmp_path / "x.npz", arrays))
    start = 25 if model == "SMPL-X" else 22
    weights, regressor = arrays["weights"], arrays["J_regressor"]
    np.testing.assert_allclose(body.weights[:, 22], weights[:, start : start + 15].sum(1))
    np.testing.assert_allclose(body.weights[:, 23], weights[:, start + 15 :].sum(1))
    np.testing.assert_allclose(body.weights[:, 15], weights[:, 15] + weights[:, 22:start].sum(1))
    np.testing.assert_allclose(body.weights.sum(1), 1)
    firsts = [start, start + 3, start + 6, start + 9]  # index, middle, little and ring finger; not the thumb
    np.testing.assert_allclose(body.joint_regressor[22], regressor[firsts].mean(0))
    assert (body.pose_directions[..., 189:] == 0).all() and (body.pose_directions[..., :189] != 0).any()
    assert "hand" in body.about and ("eyes" in body.about) is (model == "SMPL-X")


def changed(arrays, field, index, value):
    array = np.array(arrays[field], float)
    array[index] = value
    return arrays | {field: array}


NOT_BODIES = {
    "nan in the template": (lambda a: changed(a, "v_template", (3, 1), np.nan), "v_template holds numbers that are"),
    "infinite weights": (lambda a: changed(a, "weights", (3, 1), np.inf), "weights holds numbers that are not finite"),
    "faces beyond": (lambda a: changed(a, "f", (0, 0), 60), "f names vertices outside of the 60"),
    "faces below": (lambda a: changed(a, "f", (0, 0), -1), "f names vertices outside"),
    "halves of faces": (lambda a: changed(a, "f", (0, 0), 0.5), "f holds fractions"),
    "weights that add up to more": (lambda a: a | {"weights": 1.01 * a["weights"]}, "weights are not shares"),
    "negative weights": (lambda a: a | {"weights": np.tile([2.0, -1.0] + 22 * [0.0], (60, 1))},
                         "weights are not shares"),
    "a cycle": (lambda a: changed(a, "kintree_table", (0, slice(4, 6)), (5, 4)), "kintree_table is no tree"),
    "its own parent": (lambda a: changed(a, "kintree_table", (0, 7), 7), "kintree_table is no tree"),
    "a parent that is not there": (lambda a: changed(a, "kintree_table", (0, 7), 99), "kintree_table is no tree"),
    "another tree": (lambda a: changed(a, "kintree_table", (0, 7), 3), "kintree_table is not SMPL's tree"),
    "children in disorder": (lambda a: changed(a, "kintree_table", (1, 7), 3), "kintree_table is no tree"),
    "another number of joints": (lambda a: a | {key: a[key][:, :20] for key in ("weights", "kintree_table")},
                                 "weights are of 20 joints instead of 24, 52 or 55"),
    "few pose directions": (lambda a: a | {"posedirs": a["posedirs"][..., :93]}, "posedirs has the shape"),
    "too few regressors": (lambda a: a | {"J_regressor": a["J_regressor"][:20]}, "J_regressor has the shape"),
    "flat template": (lambda a: a | {"v_template": a["v_template"].ravel()}, "v_template has the shape"),
    "no vertices": (lambda a: a | {"v_template": np.zeros((0, 3))}, "v_template has the shape"),
    "words": (lambda a: a | {"v_template": np.array([["a", "b", "c"]])}, "v_template holds no array of numbers"),
    "objects": (lambda a: a | {"v_template": np.array([[None] * 3], object)}, "v_template holds no array of numbers"),
    "complex": (lambda a: a | {"v_template": a["v_template"] * 1j}, "v_template holds no array of numbers"),
    "an object with no template in it": (lambda a: a | {"v_template": np.array({"x": 1}, object)}, "holds no array"),
}  # fmt: skip
for _field in ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f"):
    NOT_BODIES[f"no {_field}"] = (
        lambda a, gone=_field: {k: v for k, v in a.items() if k != gone}, f"{_field} is missing",
    )  # fmt: skip


@pytest.mark.parametrize("why", NOT_BODIES)
@pytest.mark.parametrize("write", [write_npz, write_pkl])
def test_what_is_no_body_is_refused_in_a_sentence(tmp_path, arrays, why, write):
    change, said = NOT_BODIES[why]
    path = write(tmp_path / f"SMPL_MALE{'.npz' if write is write_npz else '.pkl'}", change(arrays))
    with pytest.raises(InputError, match=rf"^{re.escape(path.name)}: .*{re.escape(said)}.*; .+\.$") as refused:
        read_body(path)
    assert "\n" not in str(refused.value)


NOT_ARRAYS = {
    "formula": chumpy("ch", "MatVecMult", mtx=1),
    "empty record": chumpy("ch", "Ch"),
    "entries beyond": chumpy("reordering", "Select", a=np.zeros(5), idxs=np.array([5])),
    "entries below": chumpy("reordering", "Select", a=np.zeros(5), idxs=np.array([-1])),
    "entries that do not fit": chumpy("reordering", "Select", a=np.zeros(5), idxs=np.arange(5), preferred_shape=(6, 3)),
    "gigantic shape": chumpy("reordering", "Select", a=np.zeros(5), idxs=np.arange(5), preferred_shape=(2**40, 2**40)),
    "fractions of entries": chumpy("reordering", "Select", a=np.zeros(5), idxs=np.array([0.5])),
    "ragged": [[1.0], [1.0, 2.0]],
    "gigantic sparse": scipy.sparse.csr_matrix((24, 2**40)),
    "dictionary": {"x": np.zeros((60, 3))},
    "text": "v_template",
}  # fmt: skip


@pytest.mark.parametrize("what", NOT_ARRAYS)
@pytest.mark.parametrize("field", ["v_template", "J_regressor"])
def test_what_is_no_array_is_refused(tmp_path, arrays, what, field):
    path = write_pkl(tmp_path / "SMPL_MALE.pkl", arrays | {field: NOT_ARRAYS[what]})
    with pytest.raises(InputError, match=rf"SMPL_MALE\.pkl: {field} .*; .+\."):
        read_body(path)


def test_a_record_that_holds_itself_is_refused(tmp_path, arrays):
    endless = chumpy("ch", "Ch")
    endless.__dict__["x"] = endless
    with pytest.raises(InputError, match="pickle holds itself"):
        read_body(write_pkl(tmp_path / "SMPL_MALE.pkl", arrays | {"v_template": endless}))


class Calls:
    """Its pickle calls a function."""

    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


@pytest.mark.parametrize("field", ["v_template", "bs_style", "posedirs"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_nothing_runs(tmp_path, arrays, field, protocol):
    marker, path = tmp_path / "ran", tmp_path / "SMPL_MALE.pkl"
    call = Calls(os.system, f"touch {marker}")
    for held in (call, np.array([call], object), [call]):
        path.write_bytes(pickle.dumps(arrays | {field: held}, protocol=protocol))
        with pytest.raises(InputError, match=r"asks for (posix|nt)\.system, which is refused"):
            read_body(path)
    if field != "bs_style":
        archive = tmp_path / "SMPL_MALE.npz"
        np.savez(archive, **(arrays | {field: np.array(call, object)}))
        with pytest.raises(InputError, match=r"asks for (posix|nt)\.system, which is refused"):
            read_body(archive)
    assert not marker.exists()


def test_damaged_files(tmp_path, arrays):
    whole = write_npz(tmp_path / "whole.npz", arrays).read_bytes()
    pickled = write_pkl(tmp_path / "whole.pkl", arrays).read_bytes()
    lying = tmp_path / "lying.npz"
    with zipfile.ZipFile(lying, "w") as archive, archive.open("v_template.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 3)})
    for name, data in (
        ("half.npz", whole[: len(whole) // 2]), ("half.pkl", pickled[: len(pickled) // 2]),
        ("empty.pkl", b""), ("text.npz", b"v_template"), ("list.pkl", pickle.dumps([1, 2])),
        ("lying.npz", lying.read_bytes()),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=rf"^{re.escape(name)}: .*; .+\.$"):
            read_body(tmp_path / name)
    with pytest.raises(InputError, match="does not exist"):
        read_body(tmp_path / "nowhere.npz")


def test_a_few_bytes_cannot_ask_for_gigabytes(tmp_path, arrays, monkeypatch):
    for field, rows in (("weights", 60), ("v_template", 24), ("f", 24)):
        gigantic = scipy.sparse.csr_matrix((rows, 2**40))
        with pytest.raises(InputError, match=f"{field} is a sparse matrix of the shape"):
            read_body(write_pkl(tmp_path / "SMPL_MALE.pkl", arrays | {field: gigantic}))
    monkeypatch.setattr("engine.body.smpl_files.MAX_NUMBERS", 60 * 24)
    with pytest.raises(InputError, match=r"shapedirs holds 1,800 numbers"):
        read_body(write_npz(tmp_path / "SMPL_MALE.npz", arrays))


def test_more_vertices_than_any_of_these_models_has(tmp_path, arrays):
    with pytest.raises(InputError, match="has 40,001 vertices"):
        read_body(write_npz(tmp_path / "x.npz", arrays | {"v_template": np.zeros((40_001, 3))}))
