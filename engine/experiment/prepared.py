"""What all models of an experiment have in common: the recording as sensors see it, and the truth."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.body.library import MANNEQUIN
from engine.errors import InputError
from engine.experiment.pipeline import camera_of, clean_input, degrade, rig_of, truth_at
from engine.experiment.rate import Rate, RatePolicy
from engine.experiment.settings import Experiment, InputSettings, Viewpoint
from engine.experiment.sources import open_recording
from engine.experiment.told_apart import ToldApart, told_apart
from engine.experiment.worn import worn_body
from engine.models.card import ModelCard
from engine.motion.pose import BodyPose, Joints, Person
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import ESTIMATED, Mount
from engine.observation.observe import Frames, observe
from engine.observation.recording import Recording, as_h36m17, clip_of
from engine.observation.several_people import with_others
from engine.observation.trial import Context, Observation, Trial
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_trackers import virtual_trackers
from engine.observation.virtual_views import seen_by_rig
from engine.progress import Cancel, Progress

Found = TypeVar("Found")

IN_LAYOUT = "in the models' layout"

REMEMBERED = 48
"""Values kept: enough for toggling models and for going back some changes, small beside a clip."""


class Memory:
    """What runs on one recording found, so that a change repeats only the steps behind it; the oldest is forgotten."""

    def __init__(self) -> None:
        self._recording: Recording | None = None
        self._found: OrderedDict[Hashable, object] = OrderedDict()

    def about(self, recording: Recording) -> None:
        """Forget everything that was found on another recording."""
        if recording is not self._recording:
            self._recording = recording
            self._found.clear()

    def once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What was found under this key; `find` is called if nothing was."""
        if key not in self._found:
            self._found[key] = find()
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return self._found[key]  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Prepared:
    """The recording as the models get it, and the truth.

    kept       the keypoints as the models get them; clean: the same frames as a perfect detector sees them
    truth      at the kept frames; None where it is not known
    recording  as it was read; frames: those that were chosen
    key        tells what is prepared apart, among those of one recording
    mount      what is known of how a camera stands that is not calibrated
    """

    trial: Trial[Keypoints2D]
    kept: Keypoints2D
    clean: Keypoints2D
    truth: Joints | None
    recording: Recording
    frames: Frames | None
    viewpoint: Viewpoint
    settings: InputSettings
    key: Hashable
    memory: Memory
    mount: Mount = ESTIMATED

    @property
    def context(self) -> Context:
        """What the models' decoders are told."""
        return Context(self.trial.height.metres, self.kept.camera, MANNEQUIN, self.mount)

    def observation(
        self, card: ModelCard, cancel: Cancel | None = None, progress: Progress | None = None
    ) -> Observation:
        """What a model observes, degraded, at the kept frames. Raises InputError where there is no such sensor."""
        if card.observes == "keypoints":
            return self.kept
        if card.observes == "views":
            return self.views(cancel, progress)
        worn = self._worn(cancel)
        if card.observes != "trackers" or worn is None:
            raise InputError(
                f"{card.name} observes {card.observes}, which {self.trial.observation.name} does not give; "
                "open a 3D clip, or choose a model of keypoints."
            )
        return self.memory.once(
            ("trackers", self.key), lambda: degrade(virtual_trackers(worn, self.kept.name), self.settings)
        )

    def views(self, cancel: Cancel | None = None, progress: Progress | None = None) -> MultiViewKeypoints:
        """What the rig's detectors see of the clip's own person, degraded, at the kept frames.

        Raises InputError for what is no 3D clip, and Cancelled.
        """
        return self._told_apart(cancel, progress).views

    def people(self) -> tuple[Person, ...]:
        """Everybody in these views, as `ToldApart` has them. Raises InputError for what is no 3D clip."""
        return self._told_apart().people

    def given(self, card: ModelCard, policy: RatePolicy, cancel: Cancel | None = None) -> tuple[Observation, Rate]:
        """What a model gets under a rate policy, and what its Δ is multiplied by. Raises InputError."""
        return policy.given(self.observation(card, cancel), card)

    def truth_body(self, cancel: Cancel | None = None) -> BodyPose | None:
        """The body that the truth wears, at the kept frames; None for 2D keypoints. Raises Cancelled."""
        worn = self._worn(cancel)
        return None if worn is None else worn.at(self.kept.times)

    def _told_apart(self, cancel: Cancel | None = None, progress: Progress | None = None) -> ToldApart:
        def found() -> ToldApart:
            truth, seen = self._everybody()
            alone = [degrade(views, self.settings, person=number) for number, views in enumerate(seen)]
            if len(alone) == 1:
                return ToldApart(alone[0])
            return told_apart(alone, [pose.at(self.kept.times) for pose in truth], self.settings.seed, progress, cancel)

        return self.memory.once(("views", self.key), found)

    def _everybody(self) -> tuple[list[Joints], list[MultiViewKeypoints]]:
        """Where the people of the rig's views are, and what perfect detectors see of each, at every chosen frame."""
        clip = clip_of(self.memory.once(IN_LAYOUT, lambda: as_h36m17(self.recording)))
        if clip is None:
            raise InputError(
                f"{self.trial.observation.name} is what one camera saw, and gives no other views; open a 3D clip, or "
                "run several cameras' keypoints with `kinestate rig`."
            )
        rig = self.memory.once(("rig", self.viewpoint.model_dump_json()), lambda: rig_of(self.viewpoint, clip))
        frames, height_m = slice(*(self.frames or (0, None))), self.trial.height.metres
        chosen = clip.take(frames)
        places = [points[frames] for points in with_others(clip, self.viewpoint.people)]
        seen = [seen_by_rig(replace(chosen, positions=points), rig, height_m=height_m) for points in places]
        return [Joints(chosen.times, points, chosen.skeleton) for points in places], seen

    def _worn(self, cancel: Cancel | None) -> BodyPose | None:
        """The same at every chosen frame."""
        worn = self.memory.once("worn", lambda: worn_body(self.recording, cancel=cancel))
        if worn is None:
            return None
        chosen = worn.pose.take(slice(*(self.frames or (0, None))))
        return replace(chosen, times=chosen.times - chosen.times[0])


def recording_of(experiment: Experiment) -> Recording:
    """Open the experiment's recording, as it was read. Raises InputError and Cancelled."""
    source = experiment.file
    told = source.overrides.model_dump()
    return open_recording(source.path, select=source.select, **told).recording


def prepare(experiment: Experiment, recording: Recording, memory: Memory | None = None) -> Prepared:
    """Everything up to the models. Raises InputError."""
    memory = memory or Memory()
    memory.about(recording)
    frames, height_m, viewpoint = experiment.file.frames, experiment.height_m, experiment.viewpoint
    seen = ("seen", viewpoint.model_dump_json(), frames, height_m)
    mount = experiment.file.mount
    key = ("prepared", *seen, experiment.input.model_dump_json(), mount)

    def trial() -> Trial[Keypoints2D]:
        converted = memory.once(IN_LAYOUT, lambda: as_h36m17(recording))
        return observe(converted, camera_of(viewpoint), frames=frames, height_m=height_m)

    def found() -> Prepared:
        observed = memory.once(seen, trial)
        keypoints = observed.observation
        if mount != ESTIMATED and keypoints.camera is not None:
            raise InputError(
                f"{keypoints.name}: its camera is known; leave away how it stands (pitch, roll, height, foot lock)."
            )
        kept, clean = degrade(keypoints, experiment.input), clean_input(keypoints, experiment.input)
        truth = truth_at(observed, kept)
        return Prepared(
            observed, kept, clean, truth, recording, frames, viewpoint, experiment.input, key, memory, mount
        )

    return memory.once(key, found)
