"""Streamed equals whole, at any sampling, with hidden joints; a model that breaks it is caught."""

from dataclasses import replace

import numpy as np
import pytest
from fake_lifters import swaying

from engine.errors import InputError
from engine.experiment.prepared import prepare
from engine.experiment.settings import Experiment, InputSettings, Viewpoint
from engine.experiment.streaming_check import check_streaming
from engine.models.loading import load_model
from engine.progress import Cancelled


@pytest.fixture(scope="module")
def causal():
    return load_model("hummuss_small_causal")


def seen_from_the_left(clip, **settings):
    experiment = Experiment(viewpoint=Viewpoint(camera="left"), input=InputSettings(**settings), height_m=1.7)
    return prepare(experiment, clip)


@pytest.mark.parametrize("camera", ["known", "unknown"])
@pytest.mark.parametrize("sampling", ["regular", "irregular"])
@pytest.mark.slow
def test_streamed_equals_whole(causal, sampling, camera):
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.05, 70)) if sampling == "irregular" else None
    clip = swaying(70, times=times)
    seen = seen_from_the_left(clip, levels={"noise_px": 2, "mask": 0.2})
    if camera == "unknown":
        seen = replace(seen, kept=replace(seen.kept, camera=None, image_size=(640, 480)))
    found = check_streaming(causal, seen)
    assert found.passed and found.max_difference_m <= 1e-5
    assert sum(found.chunks) == found.frames == 70 and len(found.chunks) > 1


def test_labels_are_compared_by_their_probabilities():
    found = check_streaming(load_model("hummuss_action_small_causal"), seen_from_the_left(swaying(70)))
    assert found.passed and found.unit == "" and found.max_difference_m <= 1e-5


def test_a_model_that_forgets_between_frames_is_caught(causal):
    class Forgetful:
        card = causal.card
        forward = staticmethod(causal.forward)

        def stream(self, context):
            class Fresh:
                def step(self, *given):
                    return causal.stream(context).step(*given)

            return Fresh()

    found = check_streaming(Forgetful(), seen_from_the_left(swaying(70)))
    assert not found.passed and found.max_difference_m > 1e-3


def test_bidirectional_models_are_refused():
    with pytest.raises(InputError, match="bidirectional"):
        check_streaming(load_model("hummuss_small"), seen_from_the_left(swaying(5)))


def test_progress_and_cancel(causal):
    seen = seen_from_the_left(swaying(20))
    shares = []
    check_streaming(causal, seen, progress=lambda share, _: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == 1.0
    with pytest.raises(Cancelled):
        check_streaming(causal, seen, cancel=lambda: True)


def test_a_model_that_runs_its_latest_window_again_is_refused():
    model = load_model("ssd_poser_small")
    with pytest.raises(InputError, match="by its latest window"):
        check_streaming(model, seen_from_the_left(swaying(10)))
