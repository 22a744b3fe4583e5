"""Model cards: what a network is, what it was trained on, and what was measured."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ModelCard(BaseModel):
    """Everything the window and the command line say about a model; a JSON beside its weights.

    params             learned numbers in the network
    params_module_held those that live in modules (what naive counters see); equal unless a model says otherwise
    macs_per_frame     multiply-accumulates of the linear layers for one frame of 17 joints
    trained_hz         frame rate whose period is the SSM's unit of time (rate = 1)
    trained_frames     frames shown to the network in training, counted with repetition; 0 = untrained
    metrics            {"val": {...}, "test": {...}}, keys as in the results table
    """

    model_config = ConfigDict(frozen=True)

    name: str
    system: str
    summary: str
    causal: bool
    follows_rate: str
    params: int = 0
    params_module_held: int = 0
    macs_per_frame: int = 0
    trained_hz: float = 60.0
    trained_frames: int = 0
    data: str = ""
    seed: int = 0
    commit: str = ""
    weights_sha256: str = ""
    metrics: dict[str, dict[str, float]] = {}
    notes: tuple[str, ...] = ()

    @property
    def trained(self) -> bool:
        return self.trained_frames > 0
