"""Joint sets of one size are told apart by the joints' names, and else by how their bones fit."""

from pathlib import Path

import numpy as np
import pytest

from engine.body import library
from engine.data.joint_sets import SETS, set_by_geometry, set_by_names
from engine.data.registry import open_motion
from engine.errors import InputError
from engine.kinds import as_joints, pose_joints, posed_vertices
from engine.motion.skeleton import COCO_17, COCO_23, H36M_17, LAYOUTS, NTU_25, OPENPOSE_25, POSETRACK_17
from engine.observation.virtual_camera import preset_camera
from engine.paths import CLIPS

HERE = Path("a.json")
CLIP_NAMES = ("walk", "sit", "wave")


@pytest.fixture(scope="module", params=CLIP_NAMES)
def person(request):
    """Points of the program's own body: COCO's 17 with six of the feet, H36M-17, SMPL-24; (T, J, 3) metres."""
    clip, body = open_motion(CLIPS / f"{request.param}.npz"), library.body()
    pose = clip.body.take(slice(None, None, 16))
    regressor = body.regressors["COCO-23"]
    used = np.flatnonzero(np.abs(regressor).max(0) > 0)
    coco = regressor[:, used] @ posed_vertices(body, pose, used)
    return clip, coco, as_joints(pose, H36M_17).positions, pose_joints(body, pose)


def layouts(coco, h36m, smpl):
    """The same person in every joint set."""
    neck, pelvis = coco[:, 5:7].mean(1, keepdims=True), coco[:, 11:13].mean(1, keepdims=True)
    top = neck + 0.75 * (coco[:, 3:5].sum(1, keepdims=True) - 2 * neck)
    toes, face = coco[:, 17:23], coco[:, [2, 1, 4, 3]]
    arms, legs = coco[:, [6, 8, 10, 5, 7, 9]], coco[:, [12, 14, 16, 11, 13, 15]]
    m, hands = h36m, (smpl[:, 22], smpl[:, 23])
    ntu = [m[:, 0], m[:, 7], m[:, 8], m[:, 10], m[:, 11], m[:, 12], m[:, 13], hands[0], m[:, 14], m[:, 15], m[:, 16]]
    ntu += [hands[1], m[:, 4], m[:, 5], m[:, 6], smpl[:, 10], m[:, 1], m[:, 2], m[:, 3], smpl[:, 11], m[:, 8] - 0.05]
    ntu += [hands[0] + 0.02, hands[0] - 0.02, hands[1] + 0.02, hands[1] - 0.02]
    animal = np.concatenate([coco[:, [1, 2, 0]], neck, pelvis, coco[:, [5, 7, 9, 6, 8, 10, 11, 13, 15, 12, 14, 16]]], 1)
    return {
        "COCO-17": coco[:, :17],
        "H36M-17": m,
        "PoseTrack-17": np.concatenate([coco[:, :1], neck, top, coco[:, 3:17]], 1),
        "MPI-INF-3DHP-17": m[:, [10, 8, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6, 0, 7, 9]],
        "AP-10K (animals)": animal,
        "OpenPose-18": np.concatenate([coco[:, :1], neck, arms, legs, face], 1),
        "COCO-17 with a neck": np.concatenate([coco[:, :17], neck], 1),
        "OpenPose-25": np.concatenate([coco[:, :1], neck, arms, pelvis, legs, face, toes], 1),
        "BODY_25B": np.concatenate([coco[:, :17], neck, top, toes], 1),
        "NTU-25": np.stack(ntu, 1),
    }


@pytest.mark.parametrize("preset", ["front", "left", "high"])
@pytest.mark.parametrize("noise_px", [0.0, 4.0])
def test_every_set_is_told_from_the_others_of_its_size(person, preset, noise_px):
    clip, coco, h36m, smpl = person
    camera, rng = preset_camera(preset, clip.positions), np.random.default_rng(0)
    for name, points in layouts(coco, h36m, smpl).items():
        xy, _ = camera.project(points)
        xy += noise_px * rng.normal(size=xy.shape)
        seen = np.concatenate([xy, np.ones((*xy.shape[:2], 1))], -1)
        if name == "AP-10K (animals)":
            with pytest.raises(InputError, match="those of AP-10K"):
                set_by_geometry(HERE, seen)
            continue
        found = set_by_geometry(HERE, seen)[0].name
        assert found == name or (noise_px and {found, name} == {"COCO-17", "PoseTrack-17"})


def test_hidden_points_do_not_decide(person):
    clip, coco, h36m, smpl = person
    xy, _ = preset_camera("front", clip.positions).project(layouts(coco, h36m, smpl)["H36M-17"])
    seen = np.concatenate([xy, np.ones((*xy.shape[:2], 1))], -1)
    seen[:, [3, 6, 13]] = 0.0
    assert set_by_geometry(HERE, seen)[0].skeleton == H36M_17
    assert set_by_geometry(HERE, np.zeros((4, 17, 3)))[0].skeleton == COCO_17


def test_points_that_no_set_fits_are_the_usual_one_and_said_so():
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal(size=(8, 25, 2)), np.ones((8, 25, 1))], -1)
    found, assumed = set_by_geometry(HERE, points)
    assert found.skeleton == OPENPOSE_25 and "no set's bones fit" in assumed[0]


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in ("SMPL-22", "Shelf-14")])
def test_names_in_any_order(layout):
    skeleton = LAYOUTS[layout]
    order = np.random.default_rng(2).permutation(len(skeleton))
    names = [skeleton.names[j].title().replace(" ", "_") for j in order]
    found = set_by_names(HERE, names)
    assert found is not None and found.skeleton == skeleton
    assert [order[k] for k in found.points] == list(range(len(skeleton)))


def test_other_names_for_the_same_joints():
    names = ["root", "rhip", "rknee", "rfoot", "lhip", "lknee", "lfoot", "belly", "chest", "neck/nose", "head"]
    names += ["lshoulder", "lelbow", "lwrist", "rshoulder", "relbow", "rwrist"]
    assert set_by_names(HERE, names).skeleton == H36M_17
    body_25b = [*COCO_17.names, "neck", "head top", *OPENPOSE_25.names[19:]]
    assert set_by_names(HERE, body_25b).skeleton in (POSETRACK_17, COCO_17, COCO_23)


def test_names_that_say_nothing_are_none():
    assert set_by_names(HERE, [f"kp_{k}" for k in range(17)]) is None and set_by_names(HERE, list("0123456789")) is None


def test_names_of_no_known_set():
    names = ["left_eye", "right_eye", "nose", "neck", "root_of_tail", "left_front_paw"]
    with pytest.raises(InputError, match="such as root_of_tail, left_front_paw, of no set that is known") as error:
        set_by_names(HERE, names)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("count", SETS)
def test_every_set_has_its_number_of_points(count):
    for candidate in SETS[count]:
        assert len(candidate.parents) <= count and all(-1 <= p < len(candidate.parents) for p in candidate.parents)
        if candidate.skeleton is not None:
            assert len(candidate.points) == len(candidate.skeleton) and max(candidate.points) < count
    assert any(s.skeleton == NTU_25 for s in SETS[25])
