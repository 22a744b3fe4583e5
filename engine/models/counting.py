"""Parameters and multiply-accumulates of a network: true, and as the papers count them.

Papers of this field run `thop`. It sees what modules hold and what linear layers, convolutions and norms do when they
are called; parameters that a module keeps as bare tensors, scans, attention products and deformable convolutions
escape it. Both counts stand side by side here (specification sasmamba.md, section 3).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from engine.models.network import Network


@dataclass(frozen=True)
class Counts:
    """Sizes of one network.

    params              all parameters
    params_module_held  those of linear layers, convolutions and norms: what papers print
    macs_per_frame      multiply-accumulates for one frame (of 17 joints): linear layers, convolutions, attention
                        products, interpolation and the recurrences of SSMs
    published_macs      for a clip, as the papers print them: linear layers and convolutions once, norms at 4 per
                        element; half of that for SasMamba, whose paper halves what thop says
    """

    params: int
    params_module_held: int
    macs_per_frame: int
    published_macs: int


def count(network: Network, frames: int = 243) -> Counts:
    """Count a network on a clip of `frames` frames.

    Attention over frames is the only work that grows faster than the clip, and so the only one that makes
    `macs_per_frame` depend on `frames`; a causal one multiplies the masked half too.
    """
    return Counts(
        params=sum(p.numel() for p in network.parameters()),
        params_module_held=params_module_held(network),
        macs_per_frame=network.macs_per_frame(frames),
        published_macs=network.published_macs(frames),
    )


def params_module_held(network: nn.Module) -> int:
    """Parameters of linear layers, convolutions and norms; bare tensors (SSMs, position tables) are left out."""
    return sum(p.numel() for m in _counted(network) for p in m.parameters(recurse=False))


def macs_of_layers(network: Network) -> int:
    """Multiply-accumulates of linear layers and convolutions in one frame, which is run to see them.

    A linear layer that is never called (its weights are used directly) works once on every joint.
    """
    elements = _elements(network)
    uncalled = [m for m in _counted(network) if isinstance(m, nn.Linear) and m not in elements]
    called = sum(n * _weight(m)[0].numel() for m, n in elements.items() if not isinstance(m, NORMS))
    return called + math.prod(network.reads[:-1]) * sum(m.weight.numel() for m in uncalled)


def norm_elements(network: Network) -> int:
    """Elements that the norms put out in one frame."""
    return sum(n for m, n in _elements(network).items() if isinstance(m, NORMS))


NORMS = nn.LayerNorm | nn.BatchNorm1d | nn.BatchNorm2d


def _counted(network: nn.Module) -> list[nn.Module]:
    return [
        m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv1d | nn.Conv2d | nn.ConvTranspose2d | NORMS)
    ]


def _weight(module: nn.Module) -> Tensor:
    assert isinstance(module.weight, Tensor)
    return module.weight


def _elements(network: Network) -> Counter[nn.Module]:
    """How many elements each layer puts out in one frame."""
    elements: Counter[nn.Module] = Counter()
    if not _counted(network):
        return elements

    def see(module: nn.Module, _: object, output: Any) -> None:
        elements[module] += (output[0] if isinstance(output, tuple) else output).numel()  # beside it a layer's state

    hooks = [module.register_forward_hook(see) for module in _counted(network)]
    training = network.training
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 1, *network.reads, device=next(network.parameters()).device))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return elements
