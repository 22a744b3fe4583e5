"""The edited parts of a document: settings of the experiment, and bookmarks. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.experiment.rate import RatePolicy
from engine.experiment.settings import InputSettings, ModelChoice, Viewpoint


@dataclass(frozen=True)
class Slot:
    """One row of the models panel: a model with its Δ, its colour (an index into the palette) and whether it is on."""

    choice: ModelChoice
    colour: int
    on: bool = True


@dataclass(frozen=True)
class Settings:
    """Everything of the experiment that the person edits; the clip is not part of it."""

    input: InputSettings = field(default_factory=InputSettings)
    rate: RatePolicy = field(default_factory=RatePolicy)
    viewpoint: Viewpoint = field(default_factory=Viewpoint)
    height_m: float | None = None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Bookmark:
    """A frame of the clip that is worth coming back to, and why."""

    frame: int
    note: str = ""
