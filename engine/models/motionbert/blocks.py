"""The blocks of DSTformer: attention over joints and over frames, with a cache of what streams have seen.

Shapes: B batch, F frames, J joints, d width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.motionbert.config import MotionBERTConfig

FUSED_FROM = 64
"""Places from which torch's fused CPU attention is the faster one outside training (at 243: three times)."""


class KeyValueCache:
    """Keys and values of the frames that one temporal attention has seen: (B * J, heads, max_frames, d / heads)."""

    def __init__(self, sequences: int, heads: int, frames: int, size: int, like: Tensor) -> None:
        self.keys = like.new_zeros(sequences, heads, frames, size)
        self.values = torch.zeros_like(self.keys)
        self.length = 0

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append (B * J, heads, n, size) and return everything so far."""
        stop = self.length + keys.shape[2]
        self.keys[:, :, self.length : stop] = keys
        self.values[:, :, self.length : stop] = values
        self.length = stop
        return self.keys[:, :, :stop], self.values[:, :, :stop]


class Attention(nn.Module):
    """Multi-head self-attention over L places."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, *, causal: bool = False, cache: KeyValueCache | None = None) -> Tensor:
        """x (S, L, d) of S sequences -> the same; with a cache, x continues the frames in it."""
        sequences, length, width = x.shape
        q, k, v = self.qkv(x).view(sequences, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if cache is not None:
            k, v = cache.extend(k, v)
        y = attend(q, k, v, causal=causal)
        return self.proj(y.transpose(1, 2).reshape(sequences, length, width))


def attend(q: Tensor, k: Tensor, v: Tensor, *, causal: bool) -> Tensor:
    """Softmax attention of the last q.shape[-2] places over all of k and v: (S, heads, L, size) each."""
    mask = None
    if causal and q.shape[-2] > 1:
        mask = q.new_ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril(k.shape[-2] - q.shape[-2])
    if q.device.type != "cpu" or (q.shape[-2] >= FUSED_FROM and not torch.is_grad_enabled()):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    # torch's fused CPU attention is up to four times slower in bfloat16 training than the plain product
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return torch.softmax(scores, -1).to(v.dtype) @ v


class MLP(nn.Module):
    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, ratio * width)
        self.fc2 = nn.Linear(ratio * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Spatial and temporal attention with an MLP each, on (B, F, J, d), in either order."""

    attn_s: Attention
    attn_t: Attention

    def __init__(self, config: MotionBERTConfig, *, space_first: bool) -> None:
        super().__init__()
        self.space_first, self.causal = space_first, config.causal
        for axis in "st":
            setattr(self, f"norm1_{axis}", nn.LayerNorm(config.width, eps=1e-6))
            setattr(self, f"norm2_{axis}", nn.LayerNorm(config.width, eps=1e-6))
            setattr(self, f"attn_{axis}", Attention(config.width, config.heads))
            setattr(self, f"mlp_{axis}", MLP(config.width, config.mlp_ratio))

    def forward(self, x: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        if self.space_first:
            return self._time(self._space(x), cache)
        return self._space(self._time(x, cache))

    def _space(self, x: Tensor) -> Tensor:
        def attend(h: Tensor) -> Tensor:
            return self.attn_s(h.flatten(0, 1)).view(h.shape)

        return self._residual(x, attend, "s")

    def _time(self, x: Tensor, cache: KeyValueCache | None) -> Tensor:
        def attend(h: Tensor) -> Tensor:
            batch, frames, joints, width = h.shape
            sequences = h.transpose(1, 2).reshape(batch * joints, frames, width)
            y = self.attn_t(sequences, causal=self.causal, cache=cache)
            return y.view(batch, joints, frames, width).transpose(1, 2)

        return self._residual(x, attend, "t")

    def _residual(self, x: Tensor, attend: Callable[[Tensor], Tensor], axis: str) -> Tensor:
        x = x + attend(getattr(self, f"norm1_{axis}")(x))
        return x + getattr(self, f"mlp_{axis}")(getattr(self, f"norm2_{axis}")(x))


class Representation(nn.Module):
    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.fc = nn.Linear(width, size)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.fc(x))
