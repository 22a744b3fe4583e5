"""The shipped models do on real motion capture what their cards say."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine.experiment.loaded import LoadedModels
from engine.experiment.run import run
from engine.experiment.settings import Experiment, FileSource, InputSettings, ModelChoice
from engine.metrics.action import label_of
from engine.models.card import HELD_APART
from engine.models.counting import count
from engine.models.families import find_model, list_models
from engine.motion.clip import MotionClip
from engine.report.grading import measure_clips, recognised, split_clips

CMU = Path(__file__).parents[3] / "shared" / "data" / "cmu"
needs_data = pytest.mark.skipif(not CMU.exists(), reason="the CMU motion capture is not beside this checkout")
SHIPPED = tuple(entry.name for entry in list_models() if entry.trained and not entry.card.imported_from)
LABELS = tuple(name for name in SHIPPED if find_model(name).card.predicts == "scores")
VIEWS = tuple(name for name in SHIPPED if find_model(name).card.observes == "views")
POSES = tuple(name for name in SHIPPED if name not in LABELS + VIEWS)


@pytest.mark.parametrize("name", SHIPPED)
def test_is_trained_and_says_on_what(name: str) -> None:
    card = find_model(name).card
    assert card.trained and card.trained_frames > 100_000 and card.data.description
    least = 15 if card.observes == "trackers" else 30  # minutes whose head and hands were measured
    assert card.data.clips > 100 and card.data.minutes > least
    assert card.has_delta == find_model(name).bare_card.has_delta
    if name in VIEWS:
        assert {row.views for row in card.figures.by_views} == {2, 3, 4, 5, 8}
    else:
        figures = card.figures.actions if name in LABELS else card.figures.summary
        assert {HELD_APART if name in LABELS else "val", "test"} <= figures.keys()
    counted = asdict(count(find_model(name).build()))
    assert {field: getattr(card, field) for field in counted} == counted


@cache
def clips(split: str, observes: str) -> list[MotionClip]:
    """Bodies that were fitted to them are remembered with them."""
    return split_clips(CMU, split, observes)


@needs_data
@pytest.mark.slow
def test_validation_error_is_the_cards() -> None:
    name = "hummuss_small"
    figures = measure_clips(name, LoadedModels(), clips("val", "keypoints"))
    for metric in ("mpjpe_mm", "pa_mpjpe_mm", "jitter_m_s3"):
        assert figures[metric] == pytest.approx(find_model(name).card.figures.summary["val"][metric], rel=1e-3)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("category", ["walking", "sport"])  # a sixth of the test split's motion
@pytest.mark.parametrize("name", POSES)
def test_error_by_category_is_the_cards(name: str, category: str) -> None:
    card = find_model(name).card
    asked = [clip for clip in clips("test", card.observes) if clip.category == category]
    figures = measure_clips(name, LoadedModels(), asked)
    assert figures["mpjpe_mm"] == pytest.approx(card.figures.by_category[category], rel=1e-3)


@pytest.mark.parametrize("name", POSES)
@pytest.mark.slow
def test_generated_walk(name: str) -> None:
    """Runs anywhere: the built-in walk, clean and with a sixth of the joints hidden."""
    clean, masked = (
        run(Experiment(input=InputSettings(levels={"mask": mask}), models=(ModelChoice(name=name),)))
        for mask in (0.0, 0.15)
    )
    expected = find_model(name).card.figures.summary["test"]["mpjpe_mm"]
    assert clean.models[0].summary["mpjpe_mm"] < 1.3 * expected
    assert masked.models[0].summary["mpjpe_mm"] < 4 * expected
    assert np.isfinite(masked.models[0].placed.positions).all()


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", LABELS)
def test_test_people_are_recognised_as_the_card_says(name: str) -> None:
    assert recognised(name, LoadedModels(), CMU) == find_model(name).card.figures.actions["test"]


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize(("clip", "label"), [("walk", "walking"), ("run", "running"), ("wave", "gestures")])
def test_generated_clips_are_recognised(name: str, clip: str, label: str) -> None:
    """Runs anywhere. They were among the training's clips."""
    source = FileSource(path=f"builtin:{clip}")
    scores = run(Experiment(source=source, models=(ModelChoice(name=name),))).models[0].scores
    assert scores is not None and scores.labels[label_of(scores)] == label
