"""Tasks: what a network is trained to do. The loop knows nothing else of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset


class Example(NamedTuple):
    """The batch of one step on one device: B windows of F frames.

    inputs   (B, F, ...) what the network reads
    targets  (B, F, ...) what it should answer
    rate     what Δ is multiplied by, a number or (F,)
    """

    inputs: Tensor
    targets: Tensor
    rate: float | Tensor

    @property
    def frames(self) -> int:
        return self.inputs.shape[0] * self.inputs.shape[1]

    def to(self, device: torch.device) -> Example:
        rate = self.rate.to(device) if isinstance(self.rate, Tensor) else self.rate
        return Example(self.inputs.to(device), self.targets.to(device), rate)


Validate = Callable[[nn.Module], dict[str, float]]
"""A network -> its errors, the same names each time; the first letters of all names are "val_"."""


class Task(Protocol):
    """Data, loss and validation of one kind of training.

    steps  how many the run has
    title  what the validation's errors are, for the picture of the run
    """

    @property
    def steps(self) -> int: ...
    @property
    def title(self) -> str: ...

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        """Batch number `step`, made from (seed, step, rank) alone; as large on every device, so that none waits."""

    def loss(self, prediction: Tensor, example: Example) -> Tensor:
        """Of an answer in float32."""

    def validation(self) -> Validate:
        """The same data each time."""
