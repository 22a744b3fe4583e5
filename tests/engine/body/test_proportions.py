"""Proportions: round trips, statures in the mesh, and the same in torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from body_fakes import random_pose

from engine.body import library
from engine.body.proportions import GROUPS, group_of_joint, offsets_of, person_of, proportions_of
from engine.body.skinning import posed_vertices
from engine.errors import InputError
from engine.kinds import as_joints
from engine.motion.pose import BodyPose
from engine.motion.rotations import quat_to_matrix
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.motion.stature import stature
from engine.training.worn_points import WornPoints

PEOPLE = np.random.default_rng(3).normal(0, 0.1, (4, len(GROUPS)))
HEIGHTS = np.array([1.5, 1.62, 1.7, 1.95])


def worn(proportions: np.ndarray, height_m: float) -> BodyPose:
    """A person who moves."""
    pose = random_pose(3, "kinestate")
    offsets = offsets_of(library.body(), proportions, height_m)
    return BodyPose(pose.times, pose.rotations, None, np.zeros(0), "kinestate", offsets=offsets)


def test_every_bone_is_in_one_group_and_left_is_as_right() -> None:
    assert sorted(j for joints in GROUPS.values() for j in joints) == list(range(1, 24))
    group = group_of_joint()
    assert group[0] == -1 and np.array_equal(group[SMPL_24.mirror], group)


@pytest.mark.parametrize("number", range(4))
def test_a_person_is_as_tall_as_asked_for_in_any_pose(number: int) -> None:
    rest = worn(PEOPLE[number], HEIGHTS[number])
    still = BodyPose(np.zeros(1), np.tile([1.0, 0, 0, 0], (1, 24, 1)), None, np.zeros(0), "kinestate", rest.offsets)
    assert stature(as_joints(still, H36M_17).positions) == pytest.approx(HEIGHTS[number], abs=1e-6)


def test_proportions_are_found_again_and_do_not_depend_on_size() -> None:
    body = library.body()
    assert proportions_of(body, body.offsets(np.zeros(0))) == pytest.approx(0, abs=1e-9)
    found = [proportions_of(body, offsets_of(body, p, h)) for p in PEOPLE for h in HEIGHTS]
    found = np.reshape(found, (4, 4, -1))
    assert found == pytest.approx(np.repeat(found[:, 2:3], 4, axis=1), abs=1e-6)
    again = np.array([offsets_of(body, f, 1.7)[1:] for f in found[:, 0]])  # the pelvis has no bone
    assert again == pytest.approx(np.array([offsets_of(body, p, 1.7)[1:] for p in PEOPLE]), abs=1e-6)
    # ten numbers and one stature: all may grow alike, which changes nothing
    grown = offsets_of(body, PEOPLE[0] + 0.3, 1.7)[1:]
    assert grown == pytest.approx(offsets_of(body, PEOPLE[0], 1.7)[1:], abs=1e-6)


def test_a_longer_thigh_is_a_longer_thigh() -> None:
    body = library.body()
    longer = np.zeros(10)
    longer[list(GROUPS).index("thighs")] = 0.1
    ratio = np.linalg.norm(offsets_of(body, longer, 1.7), axis=-1)[1:]
    ratio /= np.linalg.norm(offsets_of(body, np.zeros(10), 1.7), axis=-1)[1:]
    thighs = np.array(GROUPS["thighs"]) - 1
    others = np.delete(ratio, thighs)
    assert np.ptp(others) < 1e-9 and ratio[thighs] / others[0] == pytest.approx(np.exp(0.1))


def test_a_body_without_h36m_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_added", {})
    library.add(replace(library.body(), name="bare", regressors={}))
    with pytest.raises(InputError, match="The body bare"):
        person_of("bare", 1.7, np.zeros(10))


# -- in torch -------------------------------------------------------------------------------------------------


def test_points_are_those_of_the_skinning() -> None:
    body, points = library.body(), WornPoints(library.body())
    poses = [worn(p, h) for p, h in zip(PEOPLE, HEIGHTS, strict=True)]
    rotations = torch.from_numpy(np.concatenate([quat_to_matrix(p.rotations) for p in poses])).float()
    offsets = torch.from_numpy(np.repeat([p.offsets for p in poses], 3, 0)).float()
    found = points(rotations, offsets)
    joints = np.concatenate([as_joints(p, H36M_17).positions for p in poses])
    every = np.concatenate([posed_vertices(body, p) for p in poses]) - joints[:, :1]
    chosen = np.linspace(0, len(body) - 1, found.vertices.shape[1]).astype(int)
    assert found.joints.numpy() == pytest.approx(joints - joints[:, :1], abs=2e-6)
    assert found.pelvis.numpy() == pytest.approx(joints[:, 0], abs=2e-6)
    assert found.vertices.numpy() == pytest.approx(every[:, chosen], abs=2e-6)


def test_people_are_those_of_numpy() -> None:
    body, points = library.body(), WornPoints(library.body()).double()
    found = points.offsets_of(torch.from_numpy(PEOPLE), torch.from_numpy(HEIGHTS))
    expected = np.array([offsets_of(body, p, h) for p, h in zip(PEOPLE, HEIGHTS, strict=True)])
    assert found.numpy() == pytest.approx(expected, abs=1e-6)
    assert points.stature(found).numpy() == pytest.approx(HEIGHTS, abs=1e-6)
    assert points.proportions_of(found).numpy() == pytest.approx(
        np.array([proportions_of(body, o) for o in expected]), abs=1e-6
    )


@pytest.mark.slow
def test_gradients_reach_rotations_and_proportions() -> None:
    points = WornPoints(library.body()).double()
    proportions = torch.from_numpy(PEOPLE[:1]).requires_grad_()
    rotations = torch.eye(3, dtype=torch.float64).repeat(1, 24, 1, 1).requires_grad_()

    def reach(p: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
        return points(r, points.offsets_of(p, p.new_tensor([1.7]))).joints[:, 10, 2]

    assert torch.autograd.gradcheck(reach, (proportions, rotations), atol=1e-6)
