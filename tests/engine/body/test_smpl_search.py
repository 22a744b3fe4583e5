"""Licensed body files are found in the usual layouts, come into the library, and are installed by one call."""

from __future__ import annotations

import os
import tarfile
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from body_fakes import tube_body
from licensed_files import as_published, model_arrays, write_npz, write_pkl

from engine import paths
from engine.body import library
from engine.body.smpl_search import SmplFile, files_in, install, load_smpl, name_of, smpl_files, smpl_folder
from engine.data.formats import amass
from engine.errors import InputError
from engine.kinds import as_joints, as_mesh
from engine.motion.skeleton import SMPL_24
from engine.report.installation import smpl

LAYOUTS = {
    "smpl/SMPL_NEUTRAL.pkl": "smpl_neutral",
    "smpl/SMPL_FEMALE.npz": "smpl_female",
    "models/basicModel_f_lbs_10_207_0_v1.0.0.pkl": "smpl_female",
    "SMPL_python_v.1.1.0/smpl/models/basicmodel_m_lbs_10_207_0_v1.1.0.pkl": "smpl_male",
    "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl": "smpl_neutral",
    "smplh/male/model.npz": "smplh_male",
    "models/smplh/neutral/model.npz": "smplh_neutral",
    "smplh/SMPLH_FEMALE.pkl": "smplh_female",
    "smplh/SMPLH_male.pkl": "smplh_male",
    "models/smplx/SMPLX_NEUTRAL.npz": "smplx_neutral",
    "smplx/female/model.npz": "smplx_female",
}
OTHERS = (
    "SMPL_NEUTRAL.txt",
    "model.npz",
    "smplh/model.npz",
    "MANO_LEFT.pkl",
    "SMPL_NEUTRAL.npz.part",
    "smpl/other.npz",
)


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """Neither this machine's files nor its environment."""
    monkeypatch.delenv("KINESTATE_SMPL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("engine.body.smpl_search.BODY", tmp_path / "assets")
    monkeypatch.setattr(library, "_added", {})
    monkeypatch.setattr(library, "_licensed", {})


@pytest.mark.parametrize("where", LAYOUTS)
def test_the_usual_layouts(tmp_path, where):
    file = tmp_path / "given" / where
    file.parent.mkdir(parents=True)
    file.touch()
    assert files_in(tmp_path / "given") == [SmplFile(LAYOUTS[where], file)]


def test_other_files_are_none_of_them(tmp_path):
    assert not any(name_of(tmp_path / where) for where in OTHERS)
    assert files_in(tmp_path / "nowhere") == []


def test_folders_that_lie_too_deep_or_in_a_circle_end_the_search(tmp_path):
    deep = tmp_path / "a/b/c/d/e/SMPL_MALE.npz"
    deep.parent.mkdir(parents=True)
    deep.touch()
    assert files_in(tmp_path) == []
    assert [file.name for file in files_in(tmp_path / "a")] == ["smpl_male"]
    (tmp_path / "a/loop").symlink_to(tmp_path / "a")
    assert {file.name for file in files_in(tmp_path / "a")} == {"smpl_male"}


def test_places_are_searched_in_their_order_and_names_load_lazily(tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    monkeypatch.setenv("KINESTATE_SMPL", f"{one}{os.pathsep}{two}")
    first, second = model_arrays("SMPL", seed=1), model_arrays("SMPL", seed=2)
    write_pkl(one / "smpl/SMPL_MALE.pkl", as_published(first))
    write_npz(two / "SMPL_MALE.npz", second)
    write_npz(two / "smplh/female/model.npz", model_arrays("SMPL-H"))
    write_npz(smpl_folder() / "SMPLX_NEUTRAL.npz", {"nothing": np.zeros(1)})
    assert {"smpl_male", "smplh_female", "smplx_neutral"} <= set(library.names())
    body = library.body("smpl_male")
    assert body.name == "smpl_male" and library.body("smpl_male") is body
    np.testing.assert_allclose(body.joint_regressor, first["J_regressor"])
    with pytest.raises(InputError, match=r"SMPLX_NEUTRAL\.npz: v_template is missing"):
        library.body("smplx_neutral")
    with pytest.raises(InputError, match=r"smpl_female is not installed; choose one of .*smpl_male"):
        library.body("smpl_female")


def test_a_body_that_was_added_stands_before_a_file(tmp_path):
    library.add(tube_body())
    assert library.body("tubes").name == "tubes" and library.names().count("tubes") == 1


def test_a_name_that_does_not_fit_is_said(tmp_path):
    path = write_npz(tmp_path / "SMPLX_MALE.npz", model_arrays("SMPL-H"))
    with pytest.raises(InputError, match=r"SMPLX_MALE\.npz: file holds SMPL-H, not what its name says"):
        load_smpl(SmplFile("smplx_male", path))


def test_the_doctor_lists_what_was_found_and_why_something_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KINESTATE_SMPL", str(tmp_path / "given"))
    write_npz(tmp_path / "given/smplh/male/model.npz", model_arrays("SMPL-H", shapes=16))
    write_npz(tmp_path / "given/SMPL_MALE.npz", model_arrays("SMPL") | {"f": np.array([[0, 1, 60]])})
    write_npz(smpl_folder() / "SMPL_MALE.npz", model_arrays("SMPL"))
    rows = smpl()
    assert rows == [
        (str(tmp_path / "given"), "2 files"),
        ("  smpl_male", "refused: SMPL_MALE.npz: f names vertices outside of the 60 that there are; "
         "download the model again."),
        ("  smplh_male", "model.npz: SMPL-H, 60 vertices, 16 shapes"),
        (str(smpl_folder()), "1 file"),
        ("  smpl_male", "SMPL_MALE.npz: not used, an earlier file has this name"),
        (str(tmp_path / "assets"), "no such folder"),
    ]  # fmt: skip


def test_a_motion_of_amass_goes_onto_the_licensed_body_of_its_model_and_gender(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "_added", {library.MANNEQUIN: replace(tube_body(), name=library.MANNEQUIN)})
    write_npz(smpl_folder() / "smplh/male/model.npz", model_arrays("SMPL-H", vertices=300, shapes=16))
    random = np.random.default_rng(0)
    motion = {"poses": random.normal(0, 0.3, (5, 156)), "trans": random.normal(size=(5, 3)), "betas": np.ones(16)}
    path = write_npz(tmp_path / "a_poses.npz", motion | {"mocap_framerate": 60.0, "gender": np.array("male")})
    clip = amass.read(path)
    assert clip.body.body == "smplh_male" and len(clip.body.shape) == 16
    assert as_mesh(clip.body, 2).shape == (300, 3) and "Body smplh_male" in clip.provenance.notes[0]
    joints = as_joints(clip.body, SMPL_24).positions
    np.testing.assert_allclose(joints[:, :22], clip.positions, atol=1e-9)


# -- installing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "model", "name", "installed"),
    [
        ("somewhere/my file.npz", "SMPL", "smpl_neutral", "SMPL_NEUTRAL.npz"),
        ("basicModel_f_lbs_10_207_0_v1.0.0.pkl", "SMPL", "smpl_female", "SMPL_FEMALE.pkl"),
        ("male/model.npz", "SMPL-H", "smplh_male", "SMPLH_MALE.npz"),
        ("SMPLX_MALE.npz", "SMPL-X", "smplx_male", "SMPLX_MALE.npz"),
        ("SMPL_FEMALE.npz", "SMPL-H", "smplh_female", "SMPLH_FEMALE.npz"),  # the content decides
        ("female/my-body_m.npz", "SMPL", "smpl_male", "SMPL_MALE.npz"),
        ("m/my-body.npz", "SMPL", "smpl_neutral", "SMPL_NEUTRAL.npz"),  # a folder's letter says nothing
    ],
)
def test_one_file_is_recognised_and_copied(tmp_path, where, model, name, installed):
    write = write_npz if where.endswith(".npz") else write_pkl
    path = write(tmp_path / where, model_arrays(model))
    assert install(path) == [SmplFile(name, smpl_folder() / installed)]
    assert (smpl_folder() / installed).read_bytes() == path.read_bytes()
    assert smpl_files()[name].model == model and library.body(name).name == name
    assert install(smpl_folder() / installed) == [SmplFile(name, smpl_folder() / installed)]  # and stays


def test_a_folder_and_archives_give_all_that_they_hold(tmp_path, monkeypatch):
    folder = tmp_path / "download"
    write_pkl(folder / "models/basicmodel_m_lbs_10_207_0_v1.1.0.pkl", model_arrays("SMPL"))
    write_npz(folder / "smplh/neutral/model.npz", model_arrays("SMPL-H"))
    (folder / "readme.txt").write_text("x")
    with zipfile.ZipFile(tmp_path / "SMPL.zip", "w") as archive:
        for file in folder.rglob("*.*"):
            archive.write(file, file.relative_to(folder))
    with tarfile.open(tmp_path / "smplh.tar.xz", "w:xz") as archive:
        archive.add(folder, "download")
    for k, given in enumerate((folder, tmp_path / "SMPL.zip", tmp_path / "smplh.tar.xz")):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / f"data{k}"))
        told = []
        assert install(given, told.append) == told
        assert sorted(file.name for file in told) == ["smpl_male", "smplh_neutral"]
        assert sorted(smpl_files()) == ["smpl_male", "smplh_neutral"]


def test_a_new_file_takes_the_place_of_the_old_one(tmp_path):
    install(write_pkl(tmp_path / "SMPL_MALE.pkl", model_arrays("SMPL", seed=1)))
    newer = model_arrays("SMPL", seed=2)
    install(write_npz(tmp_path / "SMPL_MALE.npz", newer))
    assert [path.name for path in smpl_folder().iterdir()] == ["SMPL_MALE.npz"]
    np.testing.assert_allclose(library.body("smpl_male").joint_regressor, newer["J_regressor"])


def test_what_is_refused_is_not_copied(tmp_path):
    bad = write_npz(tmp_path / "SMPL_MALE.npz", model_arrays("SMPL") | {"weights": np.zeros((60, 24))})
    with pytest.raises(InputError, match="weights are not shares"):
        install(bad)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: folder holds no file of SMPL, SMPL-H or SMPL-X"):
        install(tmp_path / "empty")
    with pytest.raises(InputError, match="does not exist"):
        install(tmp_path / "nowhere.npz")
    assert not smpl_folder().exists()
    smpl_folder().parent.mkdir(parents=True)
    smpl_folder().write_text("in the way")
    with pytest.raises(InputError, match=r"SMPL_MALE\.npz: file cannot be copied to"):
        install(write_npz(tmp_path / "SMPL_MALE.npz", model_arrays("SMPL")))


def test_the_program_s_own_places_are_the_last(monkeypatch):
    monkeypatch.undo()
    from engine.body.smpl_search import smpl_places

    assert smpl_places()[-1] == paths.BODY
