"""Model cards: what a network is, what it was trained on, and what was measured."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from engine.metrics.share import wilson

FROZEN = ConfigDict(frozen=True)

RENAMED = {"trained_hz": "rate_hz", "input": "encoding", "metrics": "figures"}
"""Fields of cards that earlier versions wrote."""


OBSERVATIONS = {"keypoints": "Keypoints2D", "trackers": "TrackerSignals", "views": "MultiViewKeypoints"}
"""By `ModelCard.observes`: the classes of `engine.observation`; there is none of pictures."""


HELD_APART = "held apart"
"""In `CardFigures.actions`: everybody of train and val, each asked of a head that has not seen them."""


WHOM = {HELD_APART: "people held apart", "test": "test people"}
"""What `CardFigures.actions` is about, in words."""


class TrainingData(BaseModel):
    """What a network was trained on, as the run counted it. clips 0: not known.

    description  where it is from and how it was shown
    """

    model_config = FROZEN

    description: str = ""
    clips: int = 0
    minutes: float = 0.0

    def __str__(self) -> str:
        counted = f"{self.clips} clips, {self.minutes:.0f} minutes" if self.clips else ""
        return ", ".join(filter(None, (self.description, counted)))


class RateFigure(BaseModel):
    """The error at one frame rate of the input, under one mode of `engine.experiment.rate`."""

    model_config = FROZEN

    mode: str
    hz: float
    mpjpe_mm: float


class ActionFigures(BaseModel):
    """How often clips were recognised.

    confusion  by label: how often clips of one, a row, were taken for each, a column
    people     how many the clips are of
    """

    model_config = FROZEN

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    people: int

    @property
    def clips(self) -> int:
        return sum(map(sum, self.confusion))

    @property
    def right(self) -> int:
        return sum(row[k] for k, row in enumerate(self.confusion))

    @property
    def top_1(self) -> float:
        """Share of the clips that were recognised; 0 for none."""
        return self.right / max(self.clips, 1)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `top_1`, as if clips were independent."""
        return wilson(self.right, self.clips)

    @property
    def mean_recall(self) -> float:
        """The mean over the labels that there are clips of, however many."""
        shares = [row[k] / sum(row) for k, row in enumerate(self.confusion) if sum(row)]
        return sum(shares) / max(len(shares), 1)

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.right} of {self.clips} clips of {self.people} people, {100 * self.top_1:.0f} % "
            f"({100 * low:.0f} to {100 * high:.0f} %)"
        )


class ViewFigure(BaseModel):
    """The error of a model of several views under one condition, as `engine.report.view_comparison` names it.

    world_mm, relative_mm, median_mm  of joints in the world, from the pelvis, and the median in the world
    triangulation_mm  world_mm of the best kind of triangulation on the same recordings
    """

    model_config = FROZEN

    condition: str
    views: int
    world_mm: float
    relative_mm: float
    median_mm: float
    triangulation_mm: float


class CardFigures(BaseModel):
    """What was measured of a trained model, true 2D.

    summary      every metric, means over frames, by split ("val", "test"); keys as in the results table
    by_rate      MPJPE on the test subjects over the input's frame rate
    by_category  MPJPE (mm) on the test subjects by kind of motion, and
    by_camera    by the virtual camera that sees them, and
    by_length    over the same frames cut into pieces of so many frames
    by_views     of a model of several views, on the test subjects
    actions      of a model of labels: by whom it was asked about, `HELD_APART` or "test"
    """

    model_config = FROZEN

    summary: dict[str, dict[str, float]] = {}
    by_rate: tuple[RateFigure, ...] = ()
    by_category: dict[str, float] = {}
    by_camera: dict[str, float] = {}
    by_length: dict[int, float] = {}
    by_views: tuple[ViewFigure, ...] = ()
    actions: dict[str, ActionFigures] = {}

    def rates(self, mode: str) -> dict[float, float]:
        """MPJPE (mm) by the input's frame rate (Hz) under one mode."""
        return {figure.hz: figure.mpjpe_mm for figure in self.by_rate if figure.mode == mode}


class ModelCard(BaseModel):
    """Everything the window and the command line say about a model; a JSON beside its weights.

    observes           the kind of observation that it is given (a model of pictures is not listed), and
    predicts           the kind of pose that it gives, or scores of labels
    encoding           the form in which its network reads an observation: the follow camera's view, or the image
                       (`engine.models.lifting.encodings`); a headset's (`engine.models.ssd_poser.encodings`)
    causal             whether its answer at a frame leaves the later frames out
    window             frames that the network sees at once, at most; None for any number
    streams            how it runs live: a step a frame, its latest window again, or not at all
    look_ahead_frames  later frames that its answer at a frame needs; None for the whole clip (or window)
    follows_rate       one sentence: what of it follows the rate and what does not; its first clause, up to ";" or ":",
                       says it in short
    has_delta          whether it has an SSM whose Δ can follow the rate
    rate_hz            the model's own rate: its period is the unit of time (rate = 1); much of the training may show
                       windows at others (`engine.training.tasks.lifting.curriculum`)
    resample_hz        what input is resampled to, where it is
    params             learned numbers in the network
    params_module_held those in linear layers, convolutions and norms: what papers print
    macs_per_frame     multiply-accumulates for one frame (of 17 joints), in a clip of 243
    published_macs     those of the whole clip as papers count them (`engine.models.counting`)
    trained_frames     frames shown to the network in training, counted with repetition; 0 = untrained
    analytic           its answer is a formula: nothing to learn
    imported_from      the file of weights that was imported; "" for the workbench's own models
    config             sizes of an imported network (`engine.models.import_weights`)
    labels             what the classes are called whose scores it predicts
    """

    model_config = FROZEN

    name: str
    system: str
    summary: str
    observes: Literal["keypoints", "trackers", "views", "pictures"] = "keypoints"
    predicts: Literal["joints", "body", "scores"] = "joints"
    encoding: str = "follow camera"
    causal: bool
    window: int | None = None
    streams: Literal["step", "sliding window", "no"] = "no"
    look_ahead_frames: int | None = None
    follows_rate: str
    has_delta: bool = True
    rate_hz: float = 60.0
    resample_hz: float = 60.0
    params: int = 0
    params_module_held: int = 0
    macs_per_frame: int = 0
    published_macs: int = 0
    trained_frames: int = 0
    analytic: bool = False
    imported_from: str = ""
    config: dict[str, Any] = {}
    data: TrainingData = TrainingData()
    seed: int = 0
    commit: str = ""
    weights_sha256: str = ""
    figures: CardFigures = CardFigures()
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, given: Any) -> Any:
        """Reads the fields of earlier versions, and fills those that follow from others."""
        if not isinstance(given, dict):
            return given
        card = {RENAMED.get(key, key): value for key, value in given.items()}
        if "metrics" in given:
            card["figures"] = {"summary": {s: f for s, f in given["metrics"].items() if s in ("val", "test")}}
        if isinstance(card.get("data"), str):
            card["data"] = {"description": card["data"]}
        if "trained_hz" in given and "max_frames" in card.get("config", {}):
            card.setdefault("window", card["config"]["max_frames"])
        causal = card.get("causal") is True
        card.setdefault("streams", "step" if causal else "no")
        card.setdefault("look_ahead_frames", 0 if causal else None)
        card.setdefault("resample_hz", card.get("rate_hz", 60.0))
        return card

    @property
    def observation(self) -> str:
        """The class of what it observes, by its name."""
        return OBSERVATIONS[self.observes]

    @property
    def trained(self) -> bool:
        return self.trained_frames > 0 or self.imported_from != ""

    @property
    def lifts(self) -> bool:
        """Whether it takes one view's keypoints to joints."""
        return (self.observes, self.predicts) == ("keypoints", "joints")

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
    def live(self) -> str:
        """Whether it runs live, in a word: "yes", "window" where that is its latest window again, or "no"."""
        return {"step": "yes", "sliding window": "window", "no": "no"}[self.streams]

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
