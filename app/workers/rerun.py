"""The experiment, run again after a change, doing only what the change touches. No Qt; lives in a worker thread.

The steps are `engine.experiment.pipeline`'s own, in the order of its `run`; a test holds the figures equal.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from app.workers.own_models import OwnModels
from engine.experiment.pipeline import LiftingModel, measure, observe, predict, run
from engine.experiment.results import ModelResult, Results
from engine.experiment.settings import DeltaSetting, Experiment, ModelChoice
from engine.motion.clip import MotionClip
from engine.observation.keypoints import Keypoints2D
from engine.progress import Cancel, Cancelled, Progress

Found = TypeVar("Found")
REMEMBERED = 24  # results kept: enough for toggling models and going back one change, small beside a clip


def preload_torch() -> None:
    """Link torch's libraries while the window goes on: ctypes lets other threads run meanwhile, `import` does not."""
    found = importlib.util.find_spec("torch")
    if "torch" in sys.modules or found is None or found.origin is None or not sys.platform.startswith("linux"):
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name in ("libc10.so", "libtorch_cpu.so", "libtorch_python.so"):
        dlopen(str(Path(found.origin).parent / "lib" / name).encode(), os.RTLD_NOW | os.RTLD_LOCAL)


class Rerun:
    """Runs experiments on clips that are loaded already and remembers models and what it found.

    load_model(name, device) gives a model.
    """

    def __init__(self, load_model: Callable[[str, str], LiftingModel]) -> None:
        self._models = OwnModels(load_model)
        self._clip: MotionClip | Keypoints2D | None = None  # the one that everything found is about
        self._found: OrderedDict[Hashable, object] = OrderedDict()

    def __call__(
        self, experiment: Experiment, clip: MotionClip | Keypoints2D, progress: Progress, cancel: Cancel
    ) -> Results:
        """As `engine.experiment.pipeline.run`. Raises InputError and Cancelled."""

        def say(share: float, text: str) -> None:
            if cancel():
                raise Cancelled
            progress(share, text)

        if clip is not self._clip:
            self._clip = clip
            self._found.clear()
        say(0.0, "looking through the camera")
        seen = (experiment.camera, experiment.frames)
        given = (*seen, experiment.input, experiment.height_m)
        observation = self._once(("seen", *seen), lambda: observe(clip, experiment.camera, experiment.frames))
        alone = experiment.model_copy(update={"models": ()})
        base = self._once(("given", *given), lambda: run(alone, clip=clip))
        results = []
        for number, choice in enumerate(experiment.models):
            share = number / len(experiment.models)
            model = self._models.get(choice, lambda text, share=share: say(share, text))
            say(share, choice.label)
            delta, resample = experiment.way_of(choice)

            def score(
                model: LiftingModel = model,
                choice: ModelChoice = choice,
                delta: DeltaSetting = delta,
                resample: bool = resample,
            ) -> ModelResult:
                prediction = predict(model, base.keypoints, delta=delta, height_m=base.height_m, resample=resample)
                return measure(choice, prediction, observation, base.keypoints)

            results.append(self._once(("scored", *given, choice, delta, resample), score))
        progress(1.0, "done")  # what is done is worth showing, wanted or not
        return replace(base, models=tuple(results))

    def _once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        if key not in self._found:
            self._found[key] = find()
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return self._found[key]  # type: ignore[return-value]
