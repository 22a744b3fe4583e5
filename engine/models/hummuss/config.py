"""Sizes of HumMUSS networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HumMUSSConfig:
    """Sizes of one HumMUSS network.

    width D; depth in layers; expansion n of the gates; width/k channels in the SSMs of the spatial (k_space) and
    temporal (k_time) blocks; states N per channel; causal replaces the temporal blocks by unidirectional ones.
    joint_embedding adds a learned vector per joint (not in the paper, ambiguity A4; the small presets use it).
    space_step is the initial range of Δ on the joint axis.
    """

    width: int = 256
    depth: int = 5
    expansion: int = 3
    k_space: int = 1
    k_time: int = 2
    states: int = 16
    causal: bool = False
    representation: int = 512
    joints: int = 17
    joint_embedding: bool = False
    space_step: tuple[float, float] = (1e-3, 1e-1)
    time_step: tuple[float, float] = (1e-3, 1e-1)


@dataclass(frozen=True)
class MeshConfig:
    """Sizes of a mesh head on a HumMUSS trunk.

    hidden   width of the hidden layer of both branches, pose and shape
    dropout  of the representation in front of both, in training
    """

    trunk: HumMUSSConfig = HumMUSSConfig()
    hidden: int = 1024
    dropout: float = 0.1


@dataclass(frozen=True)
class ActionConfig:
    """Sizes of an action head on a HumMUSS trunk.

    hidden   width of the hidden layer
    dropout  of the representation in front of it, in training
    window   periods of the trained rate over which the mean is taken; None: the whole clip, if the trunk is not causal
    """

    classes: int
    trunk: HumMUSSConfig = HumMUSSConfig()
    hidden: int = 2048
    dropout: float = 0.5
    window: float | None = None

    def __post_init__(self) -> None:
        if self.trunk.causal and self.window is None:
            raise ValueError("a causal network knows no whole clip; give the window of its mean")
