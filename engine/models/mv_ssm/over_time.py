"""MV-SSM on keypoints over time, an own extension: what a frame says of a person, corrected by the frames before it.

A network of single frames finds the person, and HumMUSS's causal layers correct it: the errors of detections last for
some frames, and people move on. They are told how joints moved since the frame before, not where they are: the
correction of any linear smoother is a filter of those moves, and the world's origin does not matter. Δ follows the
frame rate.

The network of single frames is not trained with them. It is that of the weights which a training starts from, or a
fresh one, which is the classical answer.

Shapes: B sequences of F frames, J joints, d width of the tokens of single frames, D of the layers over time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.layers import SpatiotemporalLayers
from engine.models.hummuss.mixing import TIME, in_pieces
from engine.models.mv_ssm.keypoints import MVSSMKeypoints
from engine.models.mv_ssm.keypoints_config import JOINTS, KeypointsConfig
from engine.models.network import SSMLayer
from engine.ssm.diagonal import DiagonalSSM, Rate

CORRECTION_M = 0.1
"""A correction of one, in metres."""
MOVED = 10.0
"""A move of 10 cm is one."""
TOLD = 10
"""Numbers of a joint beside its token: its move, its velocity, its place from the pelvis, the pelvis' height."""


class TimeState(NamedTuple):
    """states of the temporal SSMs, two per layer; before (B, J, 3) metres of the frame before, NaN at the start."""

    states: list[Tensor]
    before: Tensor


class OverTime(nn.Module):
    """People of single frames (B, F, J, 3) with their tokens (B, F, J, d) -> corrections (B, F, J, 3) in metres."""

    def __init__(self, tokens: int, config: HumMUSSConfig) -> None:
        super().__init__()
        self.token_norm = nn.LayerNorm(tokens, eps=1e-6)
        self.embed = nn.Linear(tokens + TOLD, config.width)
        self.layers = SpatiotemporalLayers(config)
        self.norm = nn.LayerNorm(config.width, eps=1e-6)
        self.out = nn.Linear(config.width, 3)
        nn.init.normal_(self.out.weight, std=1e-3)
        nn.init.zeros_(self.out.bias)

    def forward(self, points: Tensor, tokens: Tensor, rate: Rate) -> Tensor:
        x = self._embedded(points, tokens, _moves(points, torch.full_like(points[:, 0], torch.nan)), rate)
        return in_pieces(self._read, self.layers(x, rate), axis=TIME).transpose(0, 1)

    def init_state(self, batch: int) -> TimeState:
        return TimeState(
            self.layers.init_states(batch, JOINTS),
            torch.full((batch, JOINTS, 3), torch.nan, device=self.out.weight.device),
        )

    def chunk(self, points: Tensor, tokens: Tensor, state: TimeState, rate: Rate) -> tuple[Tensor, TimeState]:
        embedded = self._embedded(points, tokens, _moves(points, state.before), rate)
        x, carried = self.layers.chunk(embedded, state.states, rate)
        return self._read(x).transpose(0, 1), TimeState(carried, points[:, -1])

    def ssms(self) -> list[DiagonalSSM]:
        return [module for module in self.modules() if isinstance(module, DiagonalSSM)]

    def _embedded(self, points: Tensor, tokens: Tensor, moves: Tensor, rate: Rate) -> Tensor:
        """(F, B, J, D)."""
        gaps = rate[:, None, None] if isinstance(rate, Tensor) and rate.ndim else rate
        posed, height = points - points[:, :, :1], points[:, :, :1, 2:].expand(-1, -1, JOINTS, -1)
        told = [torch.asinh(MOVED * moves), torch.asinh(2 * MOVED * moves / gaps), 1.5 * posed, height]
        embedded: Tensor = self.embed(torch.cat([self.token_norm(tokens), *told], -1).transpose(0, 1))
        return embedded

    def _read(self, x: Tensor) -> Tensor:
        read: Tensor = self.out(self.norm(x))
        return CORRECTION_M * read


class MVSSMOverTime(MVSSMKeypoints):
    """(B, F, V, J, 15) detections and cameras, as `KeypointsConfig` has them -> (B, F, J, 3) metres in the world.

    In training it answers as if it had one layer, (B, F, 1, J, 3).
    """

    def __init__(self, config: KeypointsConfig, over_time: HumMUSSConfig) -> None:
        super().__init__(config)
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        self.head = OverTime(config.width, over_time)

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """rate: a float, or (F,) elapsed time before each frame in units of the trained frame period."""
        points, tokens = self._of_frames(u)
        found = points + self.head(points, tokens, rate)
        return found[:, :, None] if self.training else found

    def init_state(self, batch: int = 1) -> TimeState:
        return self.head.init_state(batch)

    def chunk(self, u: Tensor, state: TimeState, rate: Rate = 1.0) -> tuple[Tensor, TimeState]:
        points, tokens = self._of_frames(u)
        correction, after = self.head.chunk(points, tokens, state, rate)
        return points + correction, after

    def ssm_layers(self) -> list[SSMLayer]:
        return super().ssm_layers() + self.head.layers.ssm_layers("head.layers", "Over time")

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        yield from super().ssm_parameters()
        for ssm in self.head.ssms():
            yield from ssm.parameters()

    def macs_per_frame(self, frames: int) -> int:
        return super().macs_per_frame(frames) + JOINTS * sum(ssm.macs_per_place for ssm in self.head.ssms())

    def _of_frames(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """What single frames say: (B, F, J, 3), and tokens."""
        with torch.no_grad():
            found, tokens = self.of_frames(u)
        return found[:, :, -1], tokens.to(found)


def _moves(points: Tensor, before: Tensor) -> Tensor:
    """Of each joint since the frame before (B, F, J, 3); none in the first frame of a stream."""
    moves = points - torch.cat([before[:, None].to(points), points[:, :-1]], 1)
    return torch.where(moves.isnan(), torch.zeros_like(moves), moves)
