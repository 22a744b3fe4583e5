"""MV-SSM on keypoints, an own extension: detections of any number of calibrated views -> a person in the world.

The person is first found where the views' rays meet (`engine.models.mv_ssm.rays`). Then every layer looks at what each
view's detections differ by from the estimate, and answers, for each joint of each view, a shift in the picture and how
far it can be trusted; the shifted rays meet anew. A fresh layer shifts next to nothing, and is one more round of the
classical answer: training can only add to it. Frames do not know of each other, so it streams and has no rate;
`engine.models.mv_ssm.over_time` looks at them together.

Shapes: B sequences of F frames, N = B F; V views, J joints, d width.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.mv_ssm.keypoints_config import CHANNELS, JOINTS, KeypointsConfig
from engine.models.mv_ssm.mixing import Mixer
from engine.models.mv_ssm.rays import Rays, from_camera, meet, start
from engine.models.mv_ssm.ss2d import SS2D
from engine.models.mv_ssm.tokens import FEATURES, heading, told, turned
from engine.models.network import CausalNetwork, SSMLayer
from engine.ssm.diagonal import Rate

SHIFT_M = 0.1
"""A shift of one, in metres at the joint's depth."""
FRAMES_AT_ONCE = 1024
"""Of inference: what bounds its memory."""
COUNTED_VIEWS = 4


class Layer(nn.Module):
    """Tokens are told of the estimate, mixed, and answer shifts and weights."""

    def __init__(self, config: KeypointsConfig) -> None:
        super().__init__()
        d = config.width
        self.told = nn.Linear(FEATURES, d)
        self.scan = (
            SS2D(d, states=config.d_state, expansion=config.expansion, directions=config.directions)
            if config.scan
            else None
        )
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(3 if config.scan else 2))
        self.mixer = Mixer(config)
        self.enter, self.leave = nn.Linear(d, config.inner), nn.Linear(config.inner, d)
        self.answer = nn.Linear(d, 3)
        nn.init.normal_(self.answer.weight, std=1e-3)
        nn.init.zeros_(self.answer.bias)

    def forward(self, x: Tensor, rays: Rays, points: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens x (N, V, J, d), or (J, d) at first, and the estimate (N, J, 3) -> both anew."""
        known = points.detach()
        given = told(rays, known)
        x = x + self.told(given.features)
        if self.scan is not None:
            x = x + self.scan(self.norms[2](x))
        x = x + self.mixer(self.norms[0](x))
        x = x + self.leave(F.gelu(self.enter(self.norms[1](x))))
        with torch.autocast(x.device.type, enabled=False):
            answer = self.answer(x.to(known))
            directions = from_camera(rays.axes, rays.flat + SHIFT_M * answer[..., :2] / given.depth[..., None])
            weights = (given.prior + 2 * answer[..., 2]).softmax(1) * x.shape[1]
            return x, meet(rays.origins, directions, weights, points)


class MVSSMKeypoints(CausalNetwork):
    """(B, F, V, J, 15) detections and cameras, as `KeypointsConfig` has them -> (B, F, J, 3) metres in the world.

    In training it answers what every layer found, (B, F, layers, J, 3).
    """

    causal = True
    reads, answers = (COUNTED_VIEWS, JOINTS, CHANNELS), (JOINTS, 3)

    def __init__(self, config: KeypointsConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or KeypointsConfig()
        self.joint = nn.Parameter(0.5 * torch.randn(JOINTS, config.width))
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.depth))

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """rate is accepted and changes nothing."""
        found, _ = self.of_frames(u)
        return found if self.training else found[:, :, -1]

    def of_frames(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """What every layer finds, (B, F, layers, J, 3) metres in the world, and tokens (B, F, J, d): views' means."""
        frames = u.flatten(0, 1)
        parts = torch.split(frames, len(frames) if self.training else FRAMES_AT_ONCE)
        found, tokens = (torch.cat(each) for each in zip(*map(self._found, parts), strict=True))
        return torch.unflatten(found, 0, u.shape[:2]), torch.unflatten(tokens, 0, u.shape[:2])

    def init_state(self, batch: int = 1) -> Any:
        """Nothing is remembered."""

    def chunk(self, u: Tensor, state: Any, rate: Rate = 1.0) -> tuple[Tensor, Any]:
        return self(u), None

    def ssm_layers(self) -> list[SSMLayer]:
        return [
            SSMLayer(f"Layer {number + 1} · views and joints", f"layers.{number}.scan", group, "joints", selective=True)
            for number, scan in self._scans()
            for group in range(scan.directions)
        ]

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        for _, scan in self._scans():
            yield from scan.pace_parameters()

    def macs_per_frame(self, frames: int) -> int:
        """Of four views."""
        places = COUNTED_VIEWS * JOINTS
        scans = sum(scan.macs_per_place for _, scan in self._scans())
        matrices = 0.0
        if self.config.joint_matrix:
            matrices = self.config.depth * JOINTS * self.config.width * (1 + self.config.view_mean / COUNTED_VIEWS)
        return super().macs_per_frame(frames) + int(places * (scans + matrices))

    def _found(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """(N, V, J, 15) -> (N, layers, J, 3) and tokens (N, J, d)."""
        with torch.autocast(u.device.type, enabled=False):
            rays, middle = rays_of(u.float() if u.dtype == torch.bfloat16 else u)
            with torch.no_grad():
                points = start(rays)
            person, turn = points.median(1).values, heading(points)
            person = torch.cat([person[:, :2], -middle[:, 2:]], -1)  # on the floor
            rays, points = in_frame(rays, person, turn), turned(points - person[:, None], turn)
        x, found = self.joint, []
        for layer in self.layers:
            x, points = layer(x, rays, points)
            found.append(points)
        back = turn * torch.tensor([1.0, -1.0]).to(turn)
        return turned(torch.stack(found, 1), back) + (person + middle)[:, None, None], x.mean(1)

    def _scans(self) -> list[tuple[int, SS2D]]:
        found = [(number, layer.scan) for number, layer in enumerate(self.layers) if isinstance(layer, Layer)]
        return [(number, scan) for number, scan in found if scan is not None]


def rays_of(u: Tensor) -> tuple[Rays, Tensor]:
    """Rays of detections and cameras (N, V, J, 15) around the middle (N, 3) of the cameras, and that."""
    flat, seen = u[..., :2], u[..., 2].clamp(0, 1)
    axes, centres = torch.unflatten(u[:, :, 0, 3:12], -1, (3, 3)), u[:, :, 0, 12:]
    middle = centres.mean(1)
    flat = torch.where(seen[..., None] > 0, flat, torch.zeros_like(flat))
    return Rays(axes, centres - middle[:, None], flat, from_camera(axes, flat), seen), middle


def in_frame(rays: Rays, origin: Tensor, turn: Tensor) -> Rays:
    """The rays in a frame at origin (N, 3), turned back by turn (N, 2)."""
    return rays._replace(
        axes=turned(rays.axes, turn),
        origins=turned(rays.origins - origin[:, None], turn),
        directions=turned(rays.directions, turn),
    )
