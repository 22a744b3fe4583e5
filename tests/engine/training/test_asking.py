"""Networks that are asked while they are trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.training.answers import asking
from engine.training.motions import Motions
from engine.training.tasks.lifting import Validation


class Forgetful(nn.Module):
    """Answers what it reads, through dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.dropout = nn.Dropout(0.5)

    def forward(self, u: Tensor, rate: float) -> Tensor:
        found: Tensor = self.dropout(self.scale * u)
        return found


@pytest.mark.parametrize("training", [True, False])
def test_a_network_is_as_it_was_before(training: bool) -> None:
    network = Forgetful().train(training)
    with pytest.raises(RuntimeError, match="stop"), asking(network) as device:
        assert not network.dropout.training and device == network.scale.device
        assert not network(torch.ones(3), 1.0).requires_grad
        raise RuntimeError("stop")
    assert network.training == network.dropout.training == training
    assert network(torch.ones(3), 1.0).requires_grad


def test_lifting_is_validated_without_dropout() -> None:
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(0, 0.01, (400, 1, 3)), 0) + rng.normal(0, 0.4, (17, 3))
    validation = Validation(Motions(walk.astype(np.float32), np.array([0, 400])), causal=True, windows=6, seconds=1.0)
    network = Forgetful().train()
    assert validation.errors_mm(network) == validation.errors_mm(network.eval())
