"""MV-SSM (CVPR 2025, arXiv 2509.00649), by the corrected reading of mv_ssm.md: there is no public code.

    token = projective attention + X           per view; X the visual term of a candidate's joint
    token = token + SS2D(LN(token))            over the grid of views and joints
    token = token + FFN(LN(token))             per view
    du, dv, confidence = MLP(token)            per view; the views' corrected rays are triangulated
    X     = mean over the views of the tokens  and people are told from background by it

Metres, where the paper has millimetres. One frame at a time: V views, Nq candidates, J joints, d width.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.mv_ssm.algebraic import triangulate
from engine.models.mv_ssm.backbone import PoseResNet50
from engine.models.mv_ssm.candidates import PANOPTIC, Space, lattice
from engine.models.mv_ssm.config import MVSSMConfig
from engine.models.mv_ssm.people import kept, suppress
from engine.models.mv_ssm.projective_attention import ProjectiveAttention
from engine.models.mv_ssm.ss2d import SS2D
from engine.models.mv_ssm.views import Views

PRIOR = 0.01
"""Share of candidates that are people, before anything is learned."""


class Found(NamedTuple):
    """What a layer answers of n candidates.

    which (n,) candidates they are; joints (n, J, 3) metres; logits (n, J, 2) background and person;
    scores (n,); pixels (V, n, J, 2) corrected, in the network's picture; visual (n, J, d) the next layer's X
    """

    which: Tensor
    joints: Tensor
    logits: Tensor
    scores: Tensor
    pixels: Tensor
    visual: Tensor


class ProjectiveStateSpace(nn.Module):
    """One layer: the Projective State Space block with its regressor and its classifier."""

    def __init__(self, config: MVSSMConfig) -> None:
        super().__init__()
        d = config.width
        self.config = config
        self.attention = ProjectiveAttention(
            d, heads=config.heads, points=config.points, levels=config.levels, legacy_layout=config.legacy_layout
        )
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.ss2d = SS2D(d, states=config.d_state, expansion=config.expansion, directions=config.directions)
        self.ffn = nn.Sequential(
            nn.Linear(d, config.inner), nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(config.inner, d)
        )
        last = nn.Linear(d, 3)
        self.offset = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, d), nn.ReLU(), last)
        self.person = nn.Linear(d, 2)
        nn.init.zeros_(last.weight)  # begins where it is told to look, all views alike
        nn.init.zeros_(last.bias)
        nn.init.constant_(self.person.bias, -math.log((1 - PRIOR) / PRIOR))

    def forward(
        self, index: Tensor, visual: Tensor, place: Tensor, joints: Tensor, features: list[Tensor], views: Views
    ) -> Found:
        """visual, place (n, J, d) and joints (n, J, 3) of the candidates in index; features L x (V, d, H, W)."""
        shape = visual.shape[:2]
        picture = Picture(views, self.config.network_size)
        pixels, inside = picture.see(joints.detach().flatten(0, 1))
        anchors = picture.to_network(pixels)
        size = torch.tensor(self.config.network_size).to(anchors)
        seen = self.attention((visual + place).flatten(0, 1), features, anchors / size)
        mask = torch.unflatten(inside, 1, shape).transpose(0, 1)[..., None]  # (n, V, J, 1)
        tokens = (torch.unflatten(seen, 1, shape).transpose(0, 1) + visual[:, None]) * mask
        tokens = (tokens + self.ss2d(self.norm1(tokens) * mask)) * mask
        tokens = tokens + self.ffn(self.norm2(tokens))
        offset = self.offset(tokens).transpose(0, 1).flatten(1, 2)  # (V, n J, 3)
        corrected = anchors + offset[..., :2]
        weights = confidences(offset[..., 2], inside)
        flat = views.flatten(picture.to_camera(corrected))
        found = triangulate(views.rotation, views.centre, flat, weights, svd=self.config.svd)
        enough = inside.sum(0) >= 2
        found = torch.unflatten(torch.where(enough[:, None], found, joints.flatten(0, 1)), 0, shape)
        mean = tokens.mean(1)
        logits = self.person(mean)
        scores = logits[..., 1].sigmoid().mean(1) * torch.unflatten(enough, 0, shape).any(1)
        return Found(index, found, logits, scores, torch.unflatten(corrected, 1, shape), mean)


class Picture:
    """A view's own pixels, and those of the network's picture: as large as fits, centred, the aspect kept."""

    def __init__(self, views: Views, network_size: tuple[int, int]) -> None:
        self.views = views
        size = torch.tensor(network_size).to(views.image_size)
        self.scale = (size / views.image_size).amin(-1)[:, None, None]
        self.shift = (size - self.scale[:, 0] * views.image_size)[:, None] / 2

    def see(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels (V, N, 2) of points (N, 3), near the picture where they lie beyond it, and whether they lie in it."""
        pixels, depth = self.views.project(points)
        size = self.views.image_size[:, None]
        inside = ((pixels >= 0) & (pixels < size)).all(-1) & (depth > 0)
        most = size.amax(-1, keepdim=True)
        return torch.minimum(pixels, most).clamp_min(-1), inside

    def to_network(self, pixels: Tensor) -> Tensor:
        return pixels * self.scale + self.shift

    def to_camera(self, pixels: Tensor) -> Tensor:
        return (pixels - self.shift) / self.scale


class MVSSM(nn.Module):
    """(V, 3, 512, 960) pictures and their calibration -> what each of the layers found, the last one last.

    space: the box in which people are looked for. backbone: False where feature maps are given for the pictures.
    """

    t_poses: Tensor

    def __init__(self, config: MVSSMConfig | None = None, *, space: Space = PANOPTIC, backbone: bool = True) -> None:
        super().__init__()
        self.config = config = config or MVSSMConfig()
        self.backbone = PoseResNet50(config.joints, config.width).requires_grad_(False) if backbone else None
        self.joint_embedding = nn.Embedding(config.joints, 2 * config.width)
        self.instance_embedding = nn.Embedding(config.candidates, 2 * config.width)
        self.layers = nn.ModuleList(ProjectiveStateSpace(config) for _ in range(config.depth))
        self.register_buffer("t_poses", lattice(space, config.candidates), persistent=False)

    def forward(self, pictures: Tensor | list[Tensor], views: Views) -> list[Found]:
        """pictures (V, 3, H, W), or their feature maps L x (V, d, ·, ·), finest first.

        In training every layer answers for all candidates; else those below the threshold are left behind.
        """
        features = self._features(pictures)
        tokens = self.joint_embedding.weight + self.instance_embedding.weight[:, None]
        place, visual = tokens.chunk(2, -1)
        joints, index, found = self.t_poses, torch.arange(len(self.t_poses)).to(tokens.device), []
        for layer in self.layers:
            answer: Found = layer(index, visual, place, joints, features, views)
            if not self.training:
                left = kept(answer.scores, self.config.threshold)
                pixels = answer.pixels[:, left]
                chosen = Found(*(x[left] for x in answer._replace(pixels=answer.which)))
                answer = chosen._replace(pixels=pixels)
                place = place[left]
            found.append(answer)
            index, visual, joints = answer.which, answer.visual, answer.joints.detach()
        return found

    def people(self, found: list[Found]) -> tuple[Tensor, Tensor]:
        """Joints (P, J, 3) and scores (P,) of the last layer's people above the threshold, each once, best first."""
        last = found[-1]
        above = last.scores > self.config.threshold
        joints, scores = last.joints[above], last.scores[above]
        chosen = suppress(joints, scores)
        return joints[chosen], scores[chosen]

    def _features(self, pictures: Tensor | list[Tensor]) -> list[Tensor]:
        if isinstance(pictures, list):
            return pictures
        if self.backbone is None:
            raise ValueError("this network has no backbone; give it feature maps")
        self.backbone.eval()  # frozen, its norms too
        with torch.no_grad():
            maps: list[Tensor] = self.backbone(pictures)
        return maps


def confidences(logits: Tensor, inside: Tensor) -> Tensor:
    """Weights (V, N) of the views, which sum to one over those that see a joint; even where none does."""
    hidden = ~inside & inside.any(0)
    return F.softmax(logits.masked_fill(hidden, -torch.inf), 0)
