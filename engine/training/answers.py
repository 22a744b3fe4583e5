"""Networks that are asked while they are trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def asking(network: nn.Module) -> Iterator[torch.device]:
    """The device of a network that answers as it will be used, without dropout or gradients; as it was afterwards."""
    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield next(network.parameters()).device
    finally:
        network.train(training)
