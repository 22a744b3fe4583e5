"""The spatiotemporal layers of HumMUSS, one after the other.

Shapes: B batch, F frames, J joints, D width.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.models.hummuss.blocks import SpatiotemporalLayer
from engine.models.hummuss.config import HumMUSSConfig
from engine.models.network import SSMLayer
from engine.ssm.diagonal import Rate


class SpatiotemporalLayers(nn.ModuleList):
    """(F, B, J, D) -> (F, B, J, D)."""

    def __init__(self, config: HumMUSSConfig) -> None:
        super().__init__(SpatiotemporalLayer(config) for _ in range(config.depth))

    def forward(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        for layer in self:
            x = layer(x, rate)
        return x

    def init_states(self, batch: int, joints: int) -> list[Tensor]:
        """Zero states of every temporal SSM, two per layer, each (B * J, H, N/2) complex; causal layers only."""
        return [state for layer in self._layers() for state in layer.init_states(batch, joints)]

    def chunk(self, x: Tensor, states: list[Tensor], rate: Rate) -> tuple[Tensor, list[Tensor]]:
        """Some frames after those that led to `states`, and the new states; causal layers only."""
        carried: list[Tensor] = []
        for index, layer in enumerate(self._layers()):
            x, after = layer.chunk(x, states[2 * index : 2 * index + 2], rate)
            carried += after
        return x, carried

    def ssm_layers(self, path: str, title: str) -> list[SSMLayer]:
        """Those of each layer, titled with its number from 1."""
        return [
            found
            for number, layer in enumerate(self._layers())
            for found in layer.ssm_layers(f"{path}.{number}", f"{title} {number + 1}")
        ]

    def _layers(self) -> list[SpatiotemporalLayer]:
        return [layer for layer in self if isinstance(layer, SpatiotemporalLayer)]
