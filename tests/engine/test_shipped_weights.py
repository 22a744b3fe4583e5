"""The shipped models do on real motion capture what their cards say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.experiment import Experiment, InputSettings, ModelChoice, run
from engine.grading import measure_split, split_archive
from engine.models.registry import find_model, load_model

CMU = Path(__file__).parents[3] / "shared" / "data" / "cmu"
needs_data = pytest.mark.skipif(not CMU.exists(), reason="the CMU motion capture is not beside this checkout")
SHIPPED = ("hummuss_small", "hummuss_small_causal")


@pytest.mark.parametrize("name", SHIPPED)
def test_is_trained_and_says_on_what(name: str) -> None:
    card = find_model(name).card
    assert card.trained and card.trained_frames > 1_000_000 and "CMU" in card.data
    assert {"val", "test"} <= card.metrics.keys()


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_validation_error_is_the_cards(name: str) -> None:
    figures = measure_split(name, load_model(name), split_archive(CMU, "val"))
    for metric in ("mpjpe_mm", "pa_mpjpe_mm", "jitter_m_s3"):
        assert figures[metric] == pytest.approx(find_model(name).card.metrics["val"][metric], rel=1e-3)


@pytest.mark.parametrize("name", SHIPPED)
def test_generated_walk(name: str) -> None:
    """Runs anywhere: the built-in walk, clean and with a sixth of the joints hidden."""
    clean, masked = (
        run(Experiment(clip="builtin:walk", input=InputSettings(mask=mask), models=(ModelChoice(name=name),)))
        for mask in (0.0, 0.15)
    )
    assert clean.models[0].summary["mpjpe_mm"] < 80
    assert masked.models[0].summary["mpjpe_mm"] < 120
    assert np.isfinite(masked.models[0].prediction_world).all()
