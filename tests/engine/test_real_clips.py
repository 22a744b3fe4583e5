"""The shipped models on real motion: whatever else changes, these figures stay near what the cards say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.experiment.loaded import LoadedModels
from engine.experiment.prepared import prepare, recording_of
from engine.experiment.rate import RatePolicy
from engine.experiment.run import run
from engine.experiment.settings import Experiment, FileSource, InputSettings, ModelChoice, Viewpoint
from engine.experiment.streaming_check import check_streaming
from engine.models.families import find_model
from engine.observation.trial import Context

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "cmu" / "test.tar.xz"
NAMES = ("hummuss_small", "hummuss_small_causal")

pytestmark = [
    pytest.mark.skipif(not ARCHIVE.exists(), reason="the motion capture in ../shared/data is not there"),
    pytest.mark.skipif(not all(find_model(n).trained for n in NAMES), reason="the small models are not trained"),
]


@pytest.fixture(scope="module")
def models():
    return LoadedModels()


@pytest.fixture(scope="module")
def walk():
    return recording_of(Experiment(source=FileSource(path=str(ARCHIVE), select="07_01")))


def mpjpe(walk, models, **settings):
    experiment = Experiment(models=tuple(ModelChoice(name=name) for name in NAMES), **settings)
    return np.array([m.summary["mpjpe_mm"] for m in run(experiment, recording=walk, models=models).models])


def test_a_walk_is_lifted(walk, models):
    """A subject that no training clip shows."""
    assert len(walk) == 157
    assert (mpjpe(walk, models) < 70).all()


def test_at_15_hz_rescaling_helps(walk, models):
    at_60 = mpjpe(walk, models)
    sparse = InputSettings(subsample=4)
    rescaled = mpjpe(walk, models, input=sparse)
    trained = mpjpe(walk, models, input=sparse, rate=RatePolicy(mode="trained"))
    assert (rescaled < 1.5 * at_60).all() and (rescaled < trained).all()


def test_what_is_hidden_does_not_reach_the_model(walk, models):
    """Wherever a masked keypoint lies, the prediction is the same."""
    seen = prepare(Experiment(input=InputSettings(levels={"mask": 0.3})), walk).kept
    moved = replace(seen, xy=np.where(seen.confidence[..., None] > 0, seen.xy, 12345.0))
    for model in (models(ModelChoice(name=name)) for name in NAMES):
        one, other = (model.forward(k, 1.0, Context(1.7, k.camera)).positions for k in (seen, moved))
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_dropped_frames_cost_little(walk, models):
    """A quarter of the frames lost at random: each frame's own Δt goes into the recurrence."""
    kept = np.sort(np.random.default_rng(0).permutation(len(walk))[: len(walk) * 3 // 4])
    whole, thinned = mpjpe(walk, models), mpjpe(walk.take(kept), models)
    assert (thinned < 1.25 * whole).all()


def test_streamed_equals_whole(walk, models):
    seen = prepare(Experiment(viewpoint=Viewpoint(camera="left"), height_m=1.6), walk)
    found = check_streaming(models(ModelChoice(name="hummuss_small_causal")), seen)
    assert found.passed
