"""Grading writes measured figures into the card's typed fields, and leaves the rest of the card as it was."""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fake_lifters import swaying
from safetensors.torch import save_file

from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError
from engine.models.card import HELD_APART, ActionFigures, CardFigures, ModelCard
from engine.models.families import find_model
from engine.models.labels import MOTIONS
from engine.observation.virtual_camera import CAMERA_PRESETS
from engine.paths import WEIGHTS
from engine.report.grading import FLIPPED, grade, split_clips
from engine.report.results_page import TABLES, with_tables

NAME = "hummuss_small"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Splits of one clip each."""
    save_clip(tmp_path / "sway.npz", swaying(90))
    for split in ("val", "test"):
        with tarfile.open(tmp_path / f"{split}.tar.xz", "w:xz") as archive:
            archive.add(tmp_path / "sway.npz", "sway.npz")
    return tmp_path


def test_a_model_of_trackers_is_measured_where_head_and_hands_were(data: Path) -> None:
    """The swaying clip has positions alone: its hands are filled in."""
    with pytest.raises(InputError, match=r"test\.tar\.xz: it holds no clip for a model of trackers"):
        split_clips(data, "test", "trackers")


def test_a_graded_card(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = data / "weights"
    weights.mkdir()
    before = find_model(NAME).card.model_copy(update={"figures": CardFigures()})
    shutil.copy(WEIGHTS / f"{NAME}.safetensors", weights)
    (weights / f"{NAME}.json").write_text(before.model_dump_json())
    monkeypatch.setattr("engine.models.registry.WEIGHTS", weights)
    card = grade(NAME, data)
    assert ModelCard.model_validate_json((weights / f"{NAME}.json").read_text()) == card
    assert card.model_copy(update={"figures": CardFigures()}) == before
    error = card.figures.summary["test"]["mpjpe_mm"]
    assert error == card.figures.summary["val"]["mpjpe_mm"] > 0
    for mode in ("trained", "auto", "resample"):
        assert list(card.figures.rates(mode)) == [60, 30, 15, 7.5, 3.75]
        assert card.figures.rates(mode)[60] == pytest.approx(error)
    assert card.figures.by_camera.keys() == CAMERA_PRESETS.keys() and card.figures.by_camera["front"] == error
    assert list(card.figures.by_category.values()) == [error] and card.figures.by_length == {}
    assert 0 < card.figures.summary[FLIPPED.format("test")]["mpjpe_mm"] != error


def test_labels_are_counted_by_the_category_and_a_take_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured with people held apart stays; clips whose category has no label are not asked."""
    name = "hummuss_action_small"
    weights = tmp_path / "weights"
    weights.mkdir()
    apart = ActionFigures(labels=MOTIONS, confusion=((1,) + (0,) * 6,) + ((0,) * 7,) * 6, people=1)
    before = find_model(name).bare_card.model_copy(update={"figures": CardFigures(actions={HELD_APART: apart})})
    with torch.random.fork_rng(devices=()):
        save_file(find_model(name).build().state_dict(), weights / f"{name}.safetensors")
    (weights / f"{name}.json").write_text(before.model_dump_json())
    monkeypatch.setattr("engine.models.registry.WEIGHTS", weights)
    clips = [
        replace(swaying(40), name=clip, subject=subject, category=category)
        for clip, subject, category in (
            ("1/a.amc", "1", "walking"),
            ("1/a.bvh", "1", "walking"),
            ("b", "1", "dance"),
            ("c", "2", "martial arts / combat"),
        )
    ]
    monkeypatch.setattr("engine.report.grading.split_clips", lambda data, split: clips)
    figures = grade(name, tmp_path).figures
    test = figures.actions["test"]
    assert figures.actions[HELD_APART] == apart and (test.clips, test.people) == (2, 1)
    assert [sum(row) for row in test.confusion] == [1, 0, 0, 1, 0, 0, 0]
    table = with_tables(
        "<!-- table labels -->\n<!-- end -->\n<!-- table confusion -->\n<!-- end -->", [find_model(name).card]
    )
    assert f"{name}, people held apart" in table and "| walking" in table and f"{name}, test people" in table
    assert TABLES["labels"]([]) == "Not trained yet."
