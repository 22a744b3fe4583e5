"""Linear layers for inference on a CPU, their weights laid out once in the order in which oneDNN reads them.

`torch.nn.Linear` hands over row-major weights, which every call rearranges; for one frame of 17 joints that costs
nearly as much as the product. The layout, and the GELU fused to the product, are torch operators that its compiler
emits (`torch.ops.mkldnn`): they are in the wheels and need no compiler. Where they are not (another processor, device
or type of number) or do not pay, the same class computes the same thing with the ordinary operators.
"""

from __future__ import annotations

import copy
from typing import Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Activation = Literal["none", "gelu"]
SomeModule = TypeVar("SomeModule", bound=nn.Module)

PACK_FROM = 1 << 15
"""Weights from which packing pays: fewer stay in the cache, and a call of oneDNN costs 15 microseconds more."""


class PackedLinear(nn.Module):
    """y = activation(x Wᵀ + b): x (..., in), weight (out, in), bias (out) -> (..., out). It has no parameters.

    dtype bfloat16 rounds weight, x and y to 8 bits of mantissa (sums stay in float32) and gives y in x's type; None
    keeps the weight's type.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor, activation: Activation = "none", dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        self.activation, self.dtype = activation, dtype or weight.dtype
        self.weight, self.bias = (t.detach().to(self.dtype).contiguous() for t in (weight, bias))
        self.packed = can_pack(self.dtype, weight.device) and weight.numel() >= PACK_FROM
        if self.packed:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(self.weight)

    @classmethod
    def of(cls, *layers: nn.Linear, activation: Activation = "none", dtype: torch.dtype | None = None) -> PackedLinear:
        """Linear layers of one input as one, their outputs side by side."""
        weights: list[Tensor] = [layer.weight for layer in layers]
        biases: list[Tensor | None] = [layer.bias for layer in layers]
        shifts = [w.new_zeros(len(w)) if b is None else b for w, b in zip(weights, biases, strict=True)]
        return cls(torch.cat(weights), torch.cat(shifts), activation, dtype)

    def forward(self, x: Tensor) -> Tensor:
        given = x.dtype
        x = x.to(self.dtype)
        if self.packed:
            y = torch.ops.mkldnn._linear_pointwise.default(x, self.weight, self.bias, self.activation, [], "none")
        else:
            y = F.linear(x, self.weight, self.bias)
            y = F.gelu(y) if self.activation == "gelu" else y
        return y.to(given)


def can_pack(dtype: torch.dtype, device: torch.device) -> bool:
    """Whether this torch has oneDNN's layout for that type on that device."""
    if device.type != "cpu" or not hasattr(torch.ops.mkldnn, "_reorder_linear_weight"):
        return False
    if dtype == torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return dtype == torch.float32


def with_packed_linears(network: SomeModule, dtype: torch.dtype | None = None) -> SomeModule:
    """A copy of a network whose linear layers are packed: for inference only, it can be neither trained nor saved."""
    copied = copy.deepcopy(network).eval()
    for module in list(copied.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, PackedLinear.of(child, dtype=dtype))
    return copied
