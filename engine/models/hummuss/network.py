"""HumMUSS: human motion understanding with gated diagonal SSM blocks (CVPR 2024, arXiv 2404.10880).

The paper fixes the layer structure (sections 4.1 to 4.3) and "about 16 M parameters"; widths, depth, state size and
initialisation are not published. The presets in `engine.models.hummuss.presets` are the specification's reconstruction
(hummuss.md, sections 3 and 9): biases in every linear, one LayerNorm per block (eps 1e-6), no dropout, S4D-Lin
initialisation, and LN + linear + tanh before the head as in DSTformer.

Shapes: B batch, F frames, J joints, D width. The temporal SSMs follow `rate` (Δ' = rate · Δ); the spatial ones do
not: joints have no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.fast_step import StepRunner
from engine.models.hummuss.layers import SpatiotemporalLayers
from engine.models.hummuss.mixing import TIME, in_pieces
from engine.models.network import CausalNetwork, FrameStep, SSMLayer
from engine.models.packed_linear import PackedLinear
from engine.ssm.diagonal import DiagonalSSM, Rate


class HumMUSS(CausalNetwork):
    """The lifting network: (B, F, J, 3) = (x, y, confidence) -> (B, F, J, 3) root-relative positions."""

    def __init__(self, config: HumMUSSConfig) -> None:
        super().__init__()
        self.config, self.causal = config, config.causal
        self.embed = nn.Linear(3, config.width)
        if config.joint_embedding:
            self.joint_embedding = nn.Parameter(0.02 * torch.randn(config.joints, config.width))
        self.layers = SpatiotemporalLayers(config)
        self.norm = nn.LayerNorm(config.width, eps=1e-6)
        self.represent = nn.Linear(config.width, config.representation)
        self.head: nn.Module = nn.Linear(config.representation, 3)

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        """u (B, F, J, 3) -> (B, F, J, 3), or (B, F, J, representation).

        rate: a float, or (F,) elapsed time before each frame in units of the trained frame period.
        """
        x = self.layers(self._embedded(u), rate)
        return in_pieces(lambda piece: self._read(piece, return_representation), x, axis=TIME).transpose(0, 1)

    def init_state(self, batch: int = 1) -> list[Tensor]:
        """Zero states of every temporal SSM, two per layer, each (B * J, H, N/2) complex."""
        self._require_causal()
        return self.layers.init_states(batch, self.config.joints)

    def chunk(self, u: Tensor, state: list[Tensor], rate: Rate = 1.0) -> tuple[Tensor, list[Tensor]]:
        """Some frames u (B, F, J, 3) after those that led to `state` -> (B, F, J, 3) and the new state."""
        self._require_causal()
        x, carried = self.layers.chunk(self._embedded(u), state, rate)
        return self._read(x, False).transpose(0, 1), carried

    def fast_step(self) -> FrameStep | None:
        return StepRunner(self) if self.causal and self.represent.weight.device.type == "cpu" else None

    def packed_head(self, dtype: torch.dtype | None) -> Callable[[Tensor], Tensor]:
        """The head for inference on a CPU: what `fast_step` reads the representation with."""
        assert isinstance(self.head, nn.Linear)
        return PackedLinear.of(self.head, dtype=dtype)

    def ssm_layers(self) -> list[SSMLayer]:
        return self.layers.ssm_layers("layers", "Layer")

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        for ssm in self._ssms():
            yield from ssm.parameters()

    def macs_per_frame(self, frames: int) -> int:
        return super().macs_per_frame(frames) + self.config.joints * sum(ssm.macs_per_place for ssm in self._ssms())

    def _ssms(self) -> list[DiagonalSSM]:
        return [module for module in self.modules() if isinstance(module, DiagonalSSM)]

    def _embedded(self, u: Tensor) -> Tensor:
        x = self.embed(u.transpose(0, 1))
        return x + self.joint_embedding if self.config.joint_embedding else x

    def _read(self, x: Tensor, return_representation: bool) -> Tensor:
        representation = torch.tanh(self.represent(self.norm(x)))
        read: Tensor = representation if return_representation else self.head(representation)
        return read

    def _require_causal(self) -> None:
        if not self.causal:
            raise ValueError("a bidirectional HumMUSS sees the future and cannot be streamed; use a causal one")
