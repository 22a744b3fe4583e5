"""Results of an experiment: what there was to see, what each model made of it, and how good that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.experiment.rate import Rate
from engine.experiment.settings import ModelChoice
from engine.kinds import as_labels
from engine.metrics.action import label_of, spans
from engine.metrics.metric import Series
from engine.models.card import ModelCard
from engine.motion.pose import BodyPose, ClassScores, Joints, Person, Prediction
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Height, Observation
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ModelResult:
    """One model's prediction and how good it is, at the frames that were kept.

    rate          what the model was given, `engine.experiment.rate`
    resampled_hz  the rate that its input was interpolated to; None where it was given as it is
    prediction    what it predicted, in its own axes: a lifting model's in the camera's, the root at the origin
    observed      what it was shown: its kind of observation, degraded, at the frames that were kept
    placed        its joints in the world, standing where the truth stands; None for a model of labels
    body          the same of the body that it predicted; None for a model of joints
    note          a sentence about how it was run, where that moves figures; "" else
    series        by metric: its values for each frame and joint; a metric that could not be measured is missing
    summary       means over frames and joints of every metric of `engine.metrics.catalogue`, NaN where it could not be
                  measured, and ms_per_frame: time of the whole prediction, weights loaded, over the frames kept
    """

    choice: ModelChoice
    card: ModelCard
    rate: Rate
    resampled_hz: float | None
    prediction: Prediction
    observed: Observation
    placed: Joints | None
    series: Mapping[str, Series]
    summary: Mapping[str, float]
    body: BodyPose | None = None
    note: str = ""

    @property
    def name(self) -> str:
        return self.choice.name

    @property
    def label(self) -> str:
        return self.choice.label

    def over_time(self, metric: str, joint: int | None = None) -> Float:
        """(T,) a metric in each frame, mean over joints or of one; NaN where it could not be measured."""
        found = self.series.get(metric)
        return np.full(len(self.prediction), np.nan) if found is None else found.per_frame(joint)

    @property
    def scores(self) -> ClassScores | None:
        """What a model of labels predicted; None for one of poses."""
        return as_labels(self.prediction) if self.card.predicts == "scores" else None

    @property
    def figures(self) -> dict[str, float]:
        """The summary with the model's size: params and macs_per_frame of its card."""
        return dict(self.summary) | {"params": self.card.params, "macs_per_frame": self.card.macs_per_frame}

    @property
    def delta(self) -> float | Literal["per frame"] | None:
        """What Δ was multiplied by; None for a model that has none to follow the rate."""
        if not self.card.has_delta:
            return None
        return self.rate if isinstance(self.rate, float) else "per frame"


@dataclass(frozen=True, eq=False)
class Results:
    """What `engine.experiment.run` found; of its T frames, those that were kept.

    clean         what the sensor saw; kept: the same after the stresses, as the models got it
    truth         of the frames that were kept, world; None where it is not known
    truth_series  metrics of the truth alone (its jitter)
    models        in the experiment's order; while a run goes on, those that are done
    truth_body    the body that the truth wears, at the same frames; None where it was not asked for
    rig           what models of several views are about, in short: "ring:4"; "" where the viewpoint names none
    people        of several in these views everybody, as `engine.experiment.told_apart.ToldApart` has them
    """

    clip_name: str
    source_hz: float
    input_hz: float
    height: Height
    clean: Keypoints2D
    kept: Keypoints2D
    truth: Joints | None
    truth_series: Mapping[str, Series]
    models: tuple[ModelResult, ...] = ()
    truth_body: BodyPose | None = None
    rig: str = ""
    people: tuple[Person, ...] = ()

    @property
    def times(self) -> Float:
        """(T,) seconds."""
        return self.kept.times

    @property
    def frames(self) -> int:
        return len(self.kept)

    @property
    def camera(self) -> Camera | None:
        return self.kept.camera

    @property
    def views(self) -> MultiViewKeypoints | None:
        """What models of several views were shown; None where there are none."""
        seen = (model.observed for model in self.models)
        return next((each for each in seen if isinstance(each, MultiViewKeypoints)), None)

    @property
    def mixed(self) -> bool:
        """Whether models stand beside each other that observe different things."""
        return len({model.card.observes for model in self.models}) > 1

    @property
    def assumed(self) -> tuple[str, ...]:
        """What the recording does not say and the figures depend on: "30 Hz", "picture 1280 x 720", "height 1.70 m"."""
        height = (f"height {self.height.metres:.2f} m",) if self.height.source.startswith("assumed") else ()
        return tuple(dict.fromkeys((*self.clean.provenance.assumed, *height)))

    @property
    def caption(self) -> str:
        """What the figures are about, in one line."""
        return (
            f"{self.clip_name}: {self.frames} frames at {self.input_hz:.4g} Hz (source {self.source_hz:.4g} Hz), "
            f"camera {self.camera.name if self.camera else 'unknown'}, "
            f"{self._rig_text}"
            f"height {self.height.metres:.2f} m ({self.height.source})"
            + "".join(f", {m.label} resampled to {m.resampled_hz:g} Hz" for m in self.models if m.resampled_hz)
        )

    @property
    def _rig_text(self) -> str:
        if self.views is None:
            return ""
        people = f", {len(self.people)} people, {self.followed}" if self.people else ""
        return f"rig {self.rig} ({len(self.views.rig)} cameras{people}), "

    @property
    def followed(self) -> str:
        """Of several people in the views, whose figures these are, and their id in how many of the frames; else ""."""
        if not self.people:
            return ""
        person = self.people[0]
        return f"person {person.id} followed in {100 * person.present.mean():.0f} %"

    @property
    def notes(self) -> dict[str, tuple[str, ...]]:
        """Sentences about how models were run, each with the labels of those that it is about."""
        said = dict.fromkeys(model.note for model in self.models if model.note)
        return {note: tuple(model.label for model in self.models if model.note == note) for note in said}

    def to_json(self) -> dict[str, Any]:
        """The figures, as `kinestate eval --json` writes them; what could not be measured is null."""
        return {
            "clip": self.clip_name,
            "source_hz": self.source_hz,
            "input_hz": self.input_hz,
            "frames": self.frames,
            "height_m": self.height.metres,
            "height_source": self.height.source,
            "camera": self.camera.name if self.camera else None,
            "rig": rig_json(self.rig, self.views, self.people) if self.views else None,
            "assumed": list(self.assumed),
            "models": [
                {"name": m.name, "label": m.label, "observes": m.card.observes, "delta": m.delta}
                | without_nan(m.figures)
                | ({"note": m.note} if m.note else {})
                | ({} if m.scores is None else {"scores": scores_json(m.scores)})
                for m in self.models
            ],
        }


def rig_json(rig: str, views: MultiViewKeypoints, people: Sequence[Person] = ()) -> dict[str, Any]:
    """The rig that models of several views were told of, as its calibration says, and how much each camera sees.

    Of several people, the first is the one whom the figures are about; `followed_share` of the frames by their id.
    """
    everybody = [{"id": person.id, "followed_share": float(person.present.mean())} for person in people]
    return {
        "rig": rig,
        "cameras": [
            {
                "name": camera.name,
                "centre_m": camera.centre.tolist(),
                "rotation": camera.rotation.tolist(),
                "focal_px": list(camera.focal),
                "image_size": list(camera.image_size),
                "seen_share": float((confidence > 0).mean()),
            }
            for camera, confidence in zip(views.rig, views.confidence, strict=True)
        ],
    } | ({"people": everybody} if everybody else {})


def scores_json(scores: ClassScores) -> dict[str, Any]:
    """Labels over time: the clip's, spans of one label, and the probabilities of every frame."""
    times, found = scores.times, spans(scores)
    return {
        "labels": list(scores.labels),
        "clip": scores.labels[label_of(scores)],
        "spans": [
            {
                "from_s": float(times[span.first]),
                "to_s": float(times[min(span.last, len(times) - 1)]),
                "label": scores.labels[span.label],
                "probability": span.probability,
            }
            for span in found
        ],
        "times_s": times.tolist(),
        "probabilities": scores.probabilities.round(5).tolist(),
    }


def without_nan(figures: Mapping[str, float]) -> dict[str, float | None]:
    """JSON knows no NaN: None instead."""
    return {key: None if np.isnan(value) else value for key, value in figures.items()}
