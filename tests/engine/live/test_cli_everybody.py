"""`kinestate live --follow each`: everybody in a video, recorded, and run again."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
from camera_fakes import write_video
from people_fakes import Known, crossing
from typer.testing import CliRunner

from engine.cli import live_camera
from engine.cli.app import app

pytestmark = pytest.mark.slow

MODEL = "hummuss_small_anyrate_causal"
TIMES = np.arange(24) / 20


@pytest.fixture
def kinestate(monkeypatch):
    there = np.ones((len(TIMES), 2), bool)
    there[12:, 1] = False
    opening = partial(Known, crossing(TIMES) / 5, there)
    monkeypatch.setattr(live_camera, "opening_of", lambda name: opening)
    return lambda *args: CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def test_everybody_in_a_video(kinestate, tmp_path) -> None:
    write_video(tmp_path / "v.mp4", TIMES)
    done = kinestate(
        "live", "--feed", tmp_path / "v.mp4", "--exact", "--people", 2, "--follow", "each", "--model", MODEL,
        "--record", tmp_path / "r.jsonl", "--json", tmp_path / "o.json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "36 predictions of 2 people" in done.output and "people in 100 %" in done.output
    found = json.loads((tmp_path / "o.json").read_text())
    (model,) = found["models"]
    assert found["follow"] == "each" and found["people"] == 1 and found["found_share"] == 1
    assert model["predictions"] == 36 and "positions" not in model
    first, second = sorted(model["people"], key=lambda each: each["person"])
    for person, count in ((first, 24), (second, 12)):
        assert np.array(person["positions"]).shape == (count, 17, 3) and person["predictions"] == count
        assert person["jitter_m_s3"] > 0 and person["bone_length_sd_mm"] > 0
        assert person["times"] == pytest.approx(TIMES[:count])
    low, high = sorted(person["jitter_m_s3"] for person in (first, second))
    assert low < model["jitter_m_s3"] < high
    done = kinestate("check", "replay", tmp_path / "r.jsonl")
    assert done.exit_code == 0 and "36 frames in 2 streams" in done.output, done.output
    done = kinestate("eval", "--clip", tmp_path / "r.jsonl", "--select", 2, "--model", MODEL)
    assert done.exit_code == 0 and "12 frames" in done.output, done.output


def test_everybody_is_more_than_one(kinestate, tmp_path) -> None:
    write_video(tmp_path / "v.mp4", TIMES[:3])
    done = kinestate("live", "--feed", tmp_path / "v.mp4", "--exact", "--follow", "each", "--model", MODEL)
    assert done.exit_code == 2 and "give --people 2 or more" in " ".join(done.stderr.split())
