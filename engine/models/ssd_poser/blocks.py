"""The blocks of SSD-Poser: the state-space attention encoder, and the frequency-aware decoder.

Shapes: B batch, F frames, d width.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.network import SSMLayer
from engine.models.ssd_poser.attention import AttentionLayer, Cache
from engine.models.ssd_poser.config import SSDPoserConfig
from engine.ssm.diagonal import Rate
from engine.ssm.inspect import head_steps, mean_and_quantiles
from engine.ssm.mamba import Mamba2Block, MambaState

TAPS = 5


class BlockState(NamedTuple):
    """What one block of a causal network remembers."""

    ssm: MambaState
    cache: Cache


class EncoderBlock(nn.Module):
    """SSAE: x + Mamba2(LN(x)), then x + attention(LN(x)), on (B, F, d). `rate` multiplies Δ of the SSD alone."""

    def __init__(self, config: SSDPoserConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width)
        self.ssm = Mamba2Block(
            config.width, states=config.states, head_width=config.head_width, chunk_length=config.chunk
        )
        self.norm2 = nn.LayerNorm(config.width)
        self.attention = AttentionLayer(
            config.width,
            config.heads,
            config.inner,
            span=config.frames if config.causal else None,
            dropout=config.dropout,
        )

    def forward(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        x = x + self.ssm(self.norm1(x), rate)
        return x + self.attention(self.norm2(x))

    def init_state(self, batch: int) -> BlockState:
        """Nothing seen yet."""
        return BlockState(self.ssm.init_state(batch), self.attention.init_cache(batch))

    def chunk(self, x: Tensor, state: BlockState, rate: Rate = 1.0) -> tuple[Tensor, BlockState]:
        """Frames x (B, n, d) of a causal network after those that led to `state`."""
        if x.shape[1] == 1:
            gap = rate[0] if isinstance(rate, Tensor) and rate.ndim else rate
            y, ssm = self.ssm.step(self.norm1(x[:, 0]), state.ssm, gap)
            x = x + y[:, None]
        else:
            y, ssm = self.ssm.chunk(self.norm1(x), state.ssm, rate)
            x = x + y
        y, cache = self.attention.chunk(self.norm2(x), state.cache)
        return x + y, BlockState(ssm, cache)

    def ssm_layers(self, path: str, title: str) -> list[SSMLayer]:
        return [SSMLayer(f"{title} · state space", path, "ssm", "time", selective=True)]

    @torch.no_grad()
    def watch(self, ssm: str | int, x: Tensor, rate: Rate = 1.0) -> Tensor:
        """(1, F, 4) Δ that the heads of the SSD choose over x (1, F, d), times the rate: mean and `QUANTILES`."""
        return mean_and_quantiles(head_steps(self.ssm, self.norm1(x), rate))


class FrequencyAware(nn.Module):
    """FAD: x + a 1-tap convolution (low frequencies) + a 5-tap one (high frequencies) over the frames of (B, F, d).

    A causal one looks at the frame and the four before it, else at two on either side; beyond the ends are zeros.
    """

    def __init__(self, width: int, *, causal: bool) -> None:
        super().__init__()
        self.low = nn.Conv1d(width, width, 1)
        self.high = nn.Conv1d(width, width, TAPS)
        self.padding = (TAPS - 1, 0) if causal else (TAPS // 2, TAPS // 2)

    def forward(self, x: Tensor) -> Tensor:
        return self._summed(x, F.pad(x, (0, 0, *self.padding)))

    def init_window(self, batch: int) -> Tensor:
        """(B, 4, d) what lies before the first frame."""
        return self.low.weight.new_zeros(batch, TAPS - 1, len(self.low.weight))

    def chunk(self, x: Tensor, window: Tensor) -> tuple[Tensor, Tensor]:
        """Frames x (B, n, d) of a causal network after the window (B, 4, d), and the window after them."""
        longer = torch.cat([window.to(x), x], 1)
        return self._summed(x, longer), longer[:, -(TAPS - 1) :].clone()

    def _summed(self, x: Tensor, longer: Tensor) -> Tensor:
        low, high = self.low(x.transpose(1, 2)), self.high(longer.transpose(1, 2))
        return x + (low + high).transpose(1, 2)
