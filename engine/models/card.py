"""Model cards: what a network is, what it was trained on, and what was measured."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class ModelCard(BaseModel):
    """Everything the window and the command line say about a model; a JSON beside its weights.

    follows_rate       one sentence: what of it follows the rate and what does not; its first clause, up to ";" or ":",
                       says it in short
    has_delta          whether it has an SSM whose Δ can follow the rate
    params             learned numbers in the network
    params_module_held those in linear layers, convolutions and norms: what papers print
    macs_per_frame     multiply-accumulates for one frame of 17 joints, in a clip of 243
    published_macs     those of the whole clip as papers count them (`engine.models.counting`)
    trained_hz         the model's own rate: its period is the unit of time (rate = 1), and input is resampled to it;
                       much of the training may show windows at others (`engine.training.run.curriculum`)
    trained_frames     frames shown to the network in training, counted with repetition; 0 = untrained
    analytic           its answer is a formula: nothing to learn
    imported_from      the file of weights that was imported; "" for the workbench's own models
    config             sizes of an imported network (`engine.models.import_weights`)
    input              what it was trained on: the follow camera's view, or the image
                       (`engine.models.lifting.image_plane`)
    metrics            {"val": {...}, "test": {...}}, keys as in the results table
    """

    model_config = ConfigDict(frozen=True)

    name: str
    system: str
    summary: str
    causal: bool
    follows_rate: str
    has_delta: bool = True
    params: int = 0
    params_module_held: int = 0
    macs_per_frame: int = 0
    published_macs: int = 0
    trained_hz: float = 60.0
    trained_frames: int = 0
    analytic: bool = False
    imported_from: str = ""
    config: dict[str, Any] = {}
    input: Literal["follow camera", "image"] = "follow camera"
    data: str = ""
    seed: int = 0
    commit: str = ""
    weights_sha256: str = ""
    metrics: dict[str, dict[str, float]] = {}
    notes: tuple[str, ...] = ()

    @property
    def trained(self) -> bool:
        return self.trained_frames > 0 or self.imported_from != ""

    @property
    def usable(self) -> bool:
        """Whether its answers mean anything: fresh random weights' do not."""
        return self.trained or self.analytic

    @property
    def training(self) -> str:
        """How much it was trained: "trained on 5.5 M frames", "trained elsewhere", "untrained", or nothing to train."""
        if self.analytic:
            return "analytic, nothing learned"
        if self.imported_from:
            return "trained elsewhere"
        return f"trained on {short_count(self.trained_frames)} frames" if self.trained else "untrained"

    @property
    def rate_in_short(self) -> str:
        """The first clause of `follows_rate`."""
        return re.split("[;:]", self.follows_rate, maxsplit=1)[0].rstrip(".")


def short_count(count: float) -> str:
    """A count to two or three digits: 482121 -> "482 k", 5541508 -> "5.5 M"."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * size:
            shown = count / size
            return f"{shown:.{0 if shown >= 99.95 else 1}f} {unit}"
    return f"{count:.0f}"
