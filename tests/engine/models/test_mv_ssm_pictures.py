"""MV-SSM from pictures: a tiny network with its own front end learns a few rendered scenes by heart.

That the path from pixels to metres learns is all that this shows. The front end is a PoseResNet-50 with fresh weights,
frozen as in the paper; its norms' statistics are those of the scenes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.body.library import MANNEQUIN, body
from engine.body.paint import Painter
from engine.body.posed import PosedBody
from engine.cameras.pinhole import look_at
from engine.cameras.rig import CameraRig
from engine.kinds import as_joints
from engine.models.mv_ssm.candidates import Space
from engine.models.mv_ssm.config import MVSSMConfig
from engine.models.mv_ssm.network import MVSSM, Found, Picture
from engine.models.mv_ssm.views import Views, views_of
from engine.motion.pose import BodyPose
from engine.motion.skeleton import H36M_17, SMPL_24

SCENES, STEPS, SIDE = 5, 400, 128
TINY = MVSSMConfig(
    width=32, candidates=9, depth=2, heads=4, points=4, inner=64, d_state=4, expansion=1, dropout=0.0,
    network_size=(SIDE, SIDE), svd=False,
)  # fmt: skip
SPACE = Space((1.6, 1.6, 2.0), (0.0, 0.0, 0.95))
PANOPTIC_15 = [
    H36M_17.index(name)
    for name in (
        *("thorax", "nose", "pelvis", "left shoulder", "left elbow", "left wrist", "left hip", "left knee"),
        *("left ankle", "right shoulder", "right elbow", "right wrist", "right hip", "right knee", "right ankle"),
    )
]
BENT = ("left shoulder", "right shoulder", "left elbow", "right elbow", "left hip", "right hip", "left knee")
MEAN, SPREAD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
BOUND_MM = 50.0


class Scenes(NamedTuple):
    """pictures (S, V, 3, H, W), normalised; joints (S, 15, 3) metres; what the cameras are."""

    pictures: Tensor
    joints: Tensor
    views: Views


def rig() -> CameraRig:
    eyes = [(3.2 * np.sin(a), -3.2 * np.cos(a), z) for a, z in ((-0.9, 1.2), (0.1, 1.9), (1.3, 1.0))]
    middle = np.array([0.0, 0.0, 0.9])
    return CameraRig(
        tuple(look_at(f"{k}", np.array(eye), middle, image_size=(SIDE, SIDE)) for k, eye in enumerate(eyes))
    )


def rendered() -> Scenes:
    """The mannequin in poses and places by chance, its back to -Y as the T-poses of the lattice, over a room."""
    random = np.random.default_rng(0)
    rotations = np.zeros((SCENES, 24, 4))
    rotations[..., 0] = 1.0
    rotations[:, 0] = (0.0, 0.0, 0.0, 1.0)
    for name in BENT:
        bent = random.normal(0, 0.35, (SCENES, 3))
        rotations[:, SMPL_24.index(name)] = np.concatenate([np.ones((SCENES, 1)), bent], 1)
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    root = np.concatenate([random.uniform(-0.25, 0.25, (SCENES, 2)), np.full((SCENES, 1), 0.95)], 1)
    pose = BodyPose(np.arange(SCENES) / 1.0, rotations, root, np.zeros(0), MANNEQUIN)
    posed, cameras = PosedBody(body(), pose), rig()
    painters = [Painter(posed.body, camera) for camera in cameras]
    bgr = np.stack([[painter.picture(posed.vertices(s)) for painter in painters] for s in range(SCENES)])
    rgb = torch.from_numpy(bgr[..., ::-1].copy()).float() / 255
    pictures = ((rgb - MEAN) / SPREAD).movedim(-1, 2)
    joints = torch.from_numpy(as_joints(pose, H36M_17).positions[:, PANOPTIC_15]).float()
    return Scenes(pictures, joints, views_of(cameras))


def network(scenes: Scenes) -> MVSSM:
    torch.manual_seed(0)
    built = MVSSM(TINY, space=SPACE)
    assert built.backbone is not None
    norms = [part for part in built.backbone.modules() if isinstance(part, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        built.backbone.train()(scenes.pictures.flatten(0, 1))
    return built


def loss_of(found: list[Found], joints: Tensor, nearest: int, scenes: Scenes) -> Tensor:
    """The paper's terms, summed over the layers; one of the candidates is the person."""
    picture = Picture(scenes.views, TINY.network_size)
    pixels = picture.to_network(scenes.views.project(joints)[0])
    person = F.one_hot(torch.tensor(nearest), TINY.candidates).float()
    total = torch.zeros(())
    for layer in found:
        space = (layer.joints[nearest] - joints).abs().mean()
        flat = (layer.pixels[:, nearest] - pixels).abs().mean() / SIDE
        told = F.binary_cross_entropy_with_logits(layer.logits[..., 1].mean(1), person)
        total = total + 5 * space + 5 * flat + 0.5 * told
    return total


def mpjpe_mm(built: MVSSM, pictures: Tensor, scenes: Scenes) -> list[float]:
    """Of the best person of each scene; who it is has to be found."""
    errors = []
    for shown, joints in zip(pictures, scenes.joints, strict=True):
        with torch.no_grad():
            people, _ = built.people(built(shown, scenes.views))
        error = (people[0] - joints).norm(dim=-1).mean() if len(people) else torch.tensor(torch.inf)
        errors.append(1000 * float(error))
    return errors


@pytest.mark.slow
def test_it_learns_rendered_scenes_by_heart(record_property) -> None:
    scenes = rendered()
    built = network(scenes)
    nearest = [int((built.t_poses - j).abs().mean((1, 2)).argmin()) for j in scenes.joints]
    start = [
        1000 * float((built.t_poses[n] - j).norm(dim=-1).mean()) for n, j in zip(nearest, scenes.joints, strict=True)
    ]
    features = [built._features(pictures) for pictures in scenes.pictures]  # frozen: the same in every step
    learned = [p for p in built.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(learned, 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    losses = []
    built.train()
    for step in range(STEPS):
        scene = step % SCENES
        loss = loss_of(built(features[scene], scenes.views), scenes.joints[scene], nearest[scene], scenes)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
    built.eval()
    found = mpjpe_mm(built, scenes.pictures, scenes)
    others = mpjpe_mm(built, scenes.pictures.roll(1, 0), scenes)
    record_property("figures", f"{losses[0]:.2f} -> {losses[-1]:.2f}; {np.mean(start):.0f} -> {np.mean(found):.0f} mm")
    assert np.mean(losses[-SCENES:]) < 0.3 * np.mean(losses[:SCENES])
    assert np.mean(start) > 2 * BOUND_MM and np.mean(found) < BOUND_MM
    assert np.mean(others) > 2 * np.mean(found), "another scene's pictures give another scene's pose"
