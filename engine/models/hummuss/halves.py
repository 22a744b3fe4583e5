"""A HumMUSS lifting network twice as wide, begun from two trained ones (own extension).

Each of the two becomes one half of the channels, so that the larger network begins as their mean: matrices are block
diagonal, vectors lie one after the other, the head reads both at half the weight, and further layers pass on what
they get. What leads from one half to the other begins at zero and is learnt. Two equal halves answer as one of them
does, exactly; two different ones nearly, as a LayerNorm then takes the mean and spread of both.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

States = Mapping[str, Tensor]
PASSED_ON = ("out.weight", "out.bias")
"""Of a block: what it adds to what it gets, when these are zero, is nothing."""


def of_two_halves(first: States, second: States, own: States) -> dict[str, Tensor] | None:
    """The state dict of a network whose own fresh one is `own`, or None where the two are no halves of it."""
    if first.keys() != second.keys() or not first.keys() <= own.keys():
        return None
    joined = {}
    for name, fresh in own.items():
        if name in first:
            joined[name] = _joined(name, first[name], second[name])
        else:
            joined[name] = torch.zeros_like(fresh) if name.endswith(PASSED_ON) else fresh.clone()
    if any(joined[name].shape != fresh.shape for name, fresh in own.items()):
        return None
    return joined


def _joined(name: str, a: Tensor, b: Tensor) -> Tensor:
    if name == "head.bias" or name.endswith("mix.bias"):
        return (a + b) / 2
    if name == "head.weight":  # (3, representation)
        return torch.cat([a, b], 1) / 2
    if name.endswith("mix.weight"):  # (2, two streams of the width)
        (a_st, a_ts), (b_st, b_ts) = a.chunk(2, 1), b.chunk(2, 1)
        return torch.cat([a_st, b_st, a_ts, b_ts], 1) / 2
    if name == "joint_embedding":  # (J, D)
        return torch.cat([a, b], 1)
    if name == "embed.weight" or a.ndim != 2 or _of_an_ssm(name):
        return torch.cat([a, b])
    whole: Tensor = torch.block_diag(a, b)  # type: ignore[no-untyped-call]
    return whole


def _of_an_ssm(name: str) -> bool:
    """Whether channels lie along the first axis only: (H, N/2)."""
    return name.rsplit(".", 2)[-2].endswith("ssm")
