"""Grading writes measured figures into the card's typed fields, and leaves the rest of the card as it was."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest
from fake_lifters import swaying

from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError
from engine.experiment.loaded import LoadedModels
from engine.models.card import CardFigures, ModelCard
from engine.models.families import find_model
from engine.observation.virtual_camera import CAMERA_PRESETS
from engine.paths import WEIGHTS
from engine.report.grading import grade, measure_split

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
        measure_split("ssd_poser_small", LoadedModels(), data / "test.tar.xz")


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
