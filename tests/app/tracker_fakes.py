"""A state whose models observe keypoints, trackers or both; the body is made of tubes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from body_fakes import random_pose, tube_body
from window_fakes import FIRST, Fake

from app.state.clip import LoadedClip, Reader
from app.state.results import Shown
from app.state.settings import Settings, Slot
from app.state.state import State
from engine.body import library
from engine.experiment.run import run
from engine.experiment.settings import Experiment, InputSettings, ModelChoice
from engine.kinds import as_joints
from engine.models.families import model_card
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.motion.skeleton import H36M_17

TRACKED = "ssd_poser_small"
OPEN = Event()
OPEN.set()


@dataclass
class Tracked:
    """Gives a body 5 cm beside the true one, from trackers."""

    pose: BodyPose

    @property
    def card(self):
        return model_card(TRACKED)

    def forward(self, observation, rate, context, *, progress=None, cancel=None):
        pose = self.pose.at(observation.times)
        return replace(pose, root=pose.root + 0.05)


def tracked_state(*models: str, frames: int = 120, **given: object) -> State:
    """A state with results of these models; given: fields of the input's settings."""
    library.add(tube_body())
    pose = replace(random_pose(frames, amount=0.3), shape=np.zeros(10))
    motion = MotionClip("tubes", pose.times, as_joints(pose, H36M_17).positions, H36M_17, body=pose)
    clip = LoadedClip("tubes.npz", Reader(), motion)
    known = {FIRST: Fake(FIRST, OPEN), TRACKED: Tracked(pose)}
    settings = Settings(
        input=InputSettings.model_validate(given),
        slots=tuple(Slot(ModelChoice(name=m), k) for k, m in enumerate(models)),
    )
    state = State()
    state.set_clip(clip, settings=settings)
    experiment = Experiment(models=tuple(slot.choice for slot in settings.slots), input=settings.input)
    results = run(experiment, recording=motion, models=lambda choice: known[choice.name])
    state.set_shown(Shown(clip, settings, results))
    return state
