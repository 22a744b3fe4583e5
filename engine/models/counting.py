"""How large a network is and how much it computes, truly and as the papers count it.

Papers of this field run `thop`. It sees what modules hold and what linear layers, convolutions and norms do when they
are called; parameters that a module keeps as bare tensors, scans, attention products and deformable convolutions
escape it. Both counts stand side by side here (specification sasmamba.md, section 3).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import singledispatch

import torch
from torch import Tensor, nn

from engine.models.motionbert.network import Block as AttentionBlock
from engine.models.sasmamba.network import SasMamba
from engine.ssm.cross_scan import GROUPS, CrossScan
from engine.ssm.deformable import TAPS, DeformableConvolution
from engine.ssm.diagonal import DiagonalSSM

JOINTS = 17


@dataclass(frozen=True)
class Counts:
    """Sizes of one network.

    params              all parameters
    params_module_held  those of linear layers, convolutions and norms: what papers print
    macs_per_frame      multiply-accumulates for one frame of 17 joints: linear layers, convolutions, attention
                        products, interpolation and the recurrences of SSMs
    published_macs      for a clip, as the papers print them: linear layers and convolutions once, norms at 4 per
                        element; half of that for SasMamba, whose paper halves what thop says
    """

    params: int
    params_module_held: int
    macs_per_frame: int
    published_macs: int


def count(network: nn.Module, frames: int = 243) -> Counts:
    """Count a lifting network, (B, F, 17, 3) -> (B, F, 17, 3), on a clip of `frames` frames.

    One frame is run to see which modules work on what. Attention over frames is the only work that grows faster than
    the clip, and so the only one that makes `macs_per_frame` depend on `frames`; a causal one multiplies the masked
    half too.
    """
    layers, norms = _work_of_one_frame(network)
    unseen = sum(JOINTS * macs_per_token(module, frames) for module in network.modules())
    halved = isinstance(network, SasMamba) and network.config.deformable
    return Counts(
        params=sum(p.numel() for p in network.parameters()),
        params_module_held=params_module_held(network),
        macs_per_frame=layers + unseen,
        published_macs=frames * (layers + 4 * norms) // (2 if halved else 1),
    )


def params_module_held(network: nn.Module) -> int:
    """Parameters of linear layers, convolutions and norms; bare tensors (SSMs, position tables) are left out."""
    held = [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.LayerNorm)]
    return sum(p.numel() for m in held for p in m.parameters(recurse=False))


def _work_of_one_frame(network: nn.Module) -> tuple[int, int]:
    """Multiply-accumulates of linear layers and convolutions, and elements that norms put out, in one frame.

    A linear layer that is never called (its weights are used directly) works once on every joint.
    """
    work: Counter[str] = Counter()
    called: set[nn.Module] = set()

    def see(module: nn.Module, _: object, output: Tensor) -> None:
        called.add(module)
        if isinstance(module, nn.LayerNorm):
            work["norms"] += output.numel()
        else:
            assert isinstance(module.weight, Tensor)
            work["layers"] += output.numel() * module.weight[0].numel()

    seen = [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.LayerNorm)]
    hooks = [module.register_forward_hook(see) for module in seen]
    training = network.training
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 1, JOINTS, 3, device=next(network.parameters()).device))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    uncalled = [m for m in seen if isinstance(m, nn.Linear) and m not in called]
    return work["layers"] + JOINTS * sum(m.weight.numel() for m in uncalled), work["norms"]


@singledispatch
def macs_per_token(module: nn.Module, frames: int) -> int:
    """What a module multiplies for a joint of a frame, besides the linear layers and convolutions that it calls."""
    return 0


@macs_per_token.register
def _(module: DiagonalSSM, frames: int) -> int:
    """N / 2 complex states per channel: decay (4), input (2), readout (2); and the skip."""
    return module.channels * (4 * module.states + 1)


@macs_per_token.register
def _(module: CrossScan, frames: int) -> int:
    """Per scan the two projections; decay, input and readout of every state; and the skip."""
    projections = (module.rank + 2 * module.states) + module.rank
    return GROUPS * module.channels * (projections + 3 * module.states + 1)


@macs_per_token.register
def _(module: DeformableConvolution, frames: int) -> int:
    """Each tap is the mean of four places, and then a product."""
    return 5 * TAPS * module.dcn.out_channels


@macs_per_token.register
def _(module: AttentionBlock, frames: int) -> int:
    """Queries with keys and weights with values, over joints and over frames."""
    width = module.attn_s.qkv.in_features
    return 2 * width * (JOINTS + frames)
