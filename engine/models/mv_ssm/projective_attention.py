"""Projective attention: joints look at the pictures around where they project to (mv_ssm.md, 2.3; MVGFormer).

V views, N tokens (candidates x joints), L levels of feature maps, d width.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ProjectiveAttention(nn.Module):
    """Deformable attention with an anchor in every view. legacy_layout: as `MVSSMConfig`."""

    def __init__(self, width: int, *, heads: int, points: int, levels: int, legacy_layout: bool = False) -> None:
        super().__init__()
        self.heads, self.points, self.levels, self.legacy_layout = heads, points, levels, legacy_layout
        self.sampling_offsets = nn.Linear(width, heads * points * 2)
        self.attention_weights = nn.Linear(width, heads * points)
        self.value_proj, self.output_proj = nn.Linear(width, width), nn.Linear(width, width)
        self._initialise()

    def forward(self, query: Tensor, features: list[Tensor], anchors: Tensor) -> Tensor:
        """query (N, d) content and place of the tokens, features L x (V, d, H, W), anchors (V, N, 2) of the picture in
        [0, 1] -> (V, N, d)."""
        places, weights, values = self._attended(query, features, anchors)
        sampled = [sample_heads(value, place) for value, place in zip(values, places, strict=True)]
        found = (torch.stack(sampled, 3) * weights[..., None]).sum((3, 4))  # (V, N, heads, L, points, c)
        attended: Tensor = self.output_proj(found.flatten(2))
        return attended

    def reference(self, query: Tensor, features: list[Tensor], anchors: Tensor) -> Tensor:
        """`forward` as it is written down: one view, token, head, level and point at a time."""
        places, weights, values = self._attended(query, features, anchors)
        views, tokens = anchors.shape[:2]
        found = torch.zeros(views, tokens, self.heads, values[0].shape[2]).to(query)
        for v in range(views):
            for n in range(tokens):
                for h in range(self.heads):
                    for level in range(self.levels):
                        for p in range(self.points):
                            seen = bilinear(values[level][v, h], places[level][v, n, h, p])
                            found[v, n, h] += weights[v, n, h, level, p] * seen
        attended: Tensor = self.output_proj(found.flatten(2))
        return attended

    def _attended(
        self, query: Tensor, features: list[Tensor], anchors: Tensor
    ) -> tuple[list[Tensor], Tensor, list[Tensor]]:
        """Where is looked, with which weight, and at what there.

        L x (V, N, heads, points, 2) in [0, 1]; (V, N, heads, L, points); L x (V, heads, c, H, W)
        """
        views, tokens = anchors.shape[:2]
        sizes = [torch.tensor([f.shape[3], f.shape[2]]).to(anchors) for f in features]
        at = [anchors * size / (size - 1).clamp_min(1) for size in sizes]
        looks = torch.stack([_seen(f, a) + query for f, a in zip(features, at, strict=True)], 2)  # (V, N, L, d)
        offsets, weights = self.sampling_offsets(looks), self.attention_weights(looks)
        if self.legacy_layout:
            offsets = offsets.reshape(views, tokens, self.heads, self.levels, self.points, 2)
            weights = weights.reshape(views, tokens, self.heads, self.levels, self.points)
        else:
            offsets = offsets.view(views, tokens, self.levels, self.heads, self.points, 2).transpose(2, 3)
            weights = weights.view(views, tokens, self.levels, self.heads, self.points).transpose(2, 3)
        weights = weights.flatten(3).softmax(-1).view_as(weights)
        places = [a[:, :, None, None] + offsets[:, :, :, k] / sizes[k] for k, a in enumerate(at)]
        values = []
        for f in features:
            heads = torch.unflatten(self.value_proj(f.flatten(2).mT).mT, 1, (self.heads, -1))
            values.append(torch.unflatten(heads, 3, f.shape[2:]))
        return places, weights, values

    def _initialise(self) -> None:
        """Every head looks in a direction of its own, its points ever farther out."""
        angle = 2 * math.pi * torch.arange(self.heads) / self.heads
        direction = torch.stack([angle.cos(), angle.sin()], -1)
        direction = direction / direction.abs().amax(-1, keepdim=True)
        out = direction[:, None] * torch.arange(1, self.points + 1)[:, None]
        with torch.no_grad():
            self.sampling_offsets.bias.copy_(out.flatten())
        for zero in (self.sampling_offsets.weight, self.attention_weights.weight, self.attention_weights.bias):
            nn.init.zeros_(zero)
        for linear in (self.value_proj, self.output_proj):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)


def sample_heads(value: Tensor, places: Tensor) -> Tensor:
    """Maps (V, heads, c, H, W) at places (V, N, heads, points, 2) in [0, 1] -> (V, N, heads, points, c); 0 outside."""
    views, heads = value.shape[:2]
    grid = places.transpose(1, 2).flatten(0, 1)  # (V heads, N, points, 2)
    found = F.grid_sample(value.flatten(0, 1), 2 * grid - 1, align_corners=False)
    return torch.unflatten(found, 0, (views, heads)).permute(0, 3, 1, 4, 2)


def bilinear(value: Tensor, place: Tensor) -> Tensor:
    """One map (c, H, W) at one place (2,) in [0, 1], zero beyond its pixels: `grid_sample` as it is written down."""
    height, width = value.shape[1:]
    x, y = (float(place[0].detach()) * width - 0.5, float(place[1].detach()) * height - 0.5)
    left, top = math.floor(x), math.floor(y)
    found = torch.zeros(len(value)).to(value)
    for column, share_x in ((left, left + 1 - x), (left + 1, x - left)):
        for row, share_y in ((top, top + 1 - y), (top + 1, y - top)):
            if 0 <= column < width and 0 <= row < height:
                found = found + share_x * share_y * value[:, row, column]
    return found


def _seen(features: Tensor, at: Tensor) -> Tensor:
    """Features (V, d, H, W) at anchors (V, N, 2) -> (V, N, d)."""
    grid = (2 * at - 1).clamp(-1.1, 1.1)[:, :, None]
    return F.grid_sample(features, grid, align_corners=False)[..., 0].mT
