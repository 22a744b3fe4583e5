"""Attention over frames with its feed-forward part: PyTorch's transformer encoder layer, which also streams.

x = LN(x + attention(x)), then LN(x + W₂ ReLU(W₁ x)): `torch.nn.TransformerEncoderLayer` as it is constructed by default
(post-norm, ReLU), without positions. A causal layer sees the latest `span` frames, the present one included.

Shapes: B batch, F frames, d width, h heads.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Cache(NamedTuple):
    """Keys and values (B, h, n, d / h) of the latest n < span frames."""

    keys: Tensor
    values: Tensor


class AttentionLayer(nn.Module):
    """(B, F, d) -> (B, F, d). span: None where every frame sees all others."""

    def __init__(self, width: int, heads: int, inner: int, *, span: int | None, dropout: float) -> None:
        super().__init__()
        self.heads, self.span, self.dropout = heads, span, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.linear1, self.linear2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        nn.init.xavier_uniform_(self.qkv.weight)
        nn.init.zeros_(self.qkv.bias)
        nn.init.zeros_(self.proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self._projected(x)
        seen = self._attend(q, k, v) if self.span is None else self._attend_back(q, k, v)
        return self._feed_forward(x, seen)

    def init_cache(self, batch: int) -> Cache:
        """Nothing seen yet."""
        keys = self.qkv.weight.new_zeros(batch, self.heads, 0, len(self.proj.bias) // self.heads)
        return Cache(keys, keys)

    def chunk(self, x: Tensor, cache: Cache) -> tuple[Tensor, Cache]:
        """Frames x (B, n, d) of a causal layer after those in the cache."""
        assert self.span is not None
        q, k, v = self._projected(x)
        k, v = torch.cat([cache.keys.to(k), k], 2), torch.cat([cache.values.to(v), v], 2)
        kept = slice(max(k.shape[2] - self.span + 1, 0), None)
        after = Cache(k[:, :, kept].clone(), v[:, :, kept].clone())  # a view would keep the whole chunk in memory
        return self._feed_forward(x, self._attend_back(q, k, v)), after

    def _projected(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = self.qkv(x).view(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return q, k, v

    def _attend_back(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Each of the last frames, q (B, h, n, ·), over the latest `span` of k, v (B, h, m + n, ·): `span` at once."""
        assert self.span is not None
        frames, before = q.shape[2], k.shape[2] - q.shape[2]
        parts = []
        for start in range(0, frames, self.span):
            stop = min(start + self.span, frames)
            first = max(before + start - self.span + 1, 0)
            here = slice(first, before + stop)
            mask = None
            if stop - start > 1:
                own = torch.arange(before + start, before + stop, device=q.device)[:, None]
                other = torch.arange(first, before + stop, device=q.device)
                mask = (other <= own) & (other > own - self.span)
            parts.append(self._attend(q[:, :, start:stop], k[:, :, here], v[:, :, here], mask))
        return torch.cat(parts, 1)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, n, d), before the projection."""
        dropout = self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, mask, dropout).transpose(1, 2).flatten(2)

    def _feed_forward(self, x: Tensor, seen: Tensor) -> Tensor:
        x = self.norm1(x + self._dropped(self.proj(seen)))
        inner = self._dropped(F.relu(self.linear1(x)))
        return self.norm2(x + self._dropped(self.linear2(inner)))

    def _dropped(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)
