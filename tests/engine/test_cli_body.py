"""The command `kinestate body`: its figures, its table, what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from body_fakes import tube_body
from fake_lifters import swaying
from typer.testing import CliRunner

from engine.body import library
from engine.cli.app import app
from engine.data.formats.kinestate_npz import save_clip

FIGURES = ("joint_error_mm", "joint_error_p95_mm", "rotation_jitter_deg", "foot_tilt_deg", "ms_per_frame")


@pytest.fixture(autouse=True)
def mannequin():
    """The stand-in under the mannequin's name."""
    library.add(replace(tube_body(), name=library.MANNEQUIN))
    yield
    library._added.pop(library.MANNEQUIN)


def kinestate(*args):
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def fitted(tmp_path, *args):
    done = kinestate("body", *args, "--json", tmp_path / "o.json")
    assert done.exit_code == 0, done.stderr
    return json.loads((tmp_path / "o.json").read_text()), done.stdout


def test_a_folder_gives_each_clip_and_the_means(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, frames in (("long", 60), ("short", 20)):
        save_clip(folder / f"{name}.npz", swaying(frames))
    found, printed = fitted(tmp_path, "--clip", folder)
    assert [(row["name"], row["frames"]) for row in found["clips"]] == [("long", 60), ("short", 20)]
    for row in found["clips"]:
        assert row["source"] == "positions" and row["trusted"] == []
        assert set(FIGURES) <= set(row) and row["joint_error_mm"] < 25 and row["ms_per_frame"] > 0
    for key in ("joint_error_mm", "rotation_jitter_deg", "ms_per_frame"):
        assert found["means"][key] == pytest.approx(np.mean([row[key] for row in found["clips"]]))
    assert found["means"]["frames"] == 80 and "mean of 2" in printed


def test_from_says_what_the_pose_is_found_from(tmp_path):
    save_clip(tmp_path / "clip.npz", swaying(30))
    found, _ = fitted(tmp_path, "--clip", tmp_path / "clip.npz", "--from", "h36m17")
    assert found["clips"][0]["source"] == "positions"
    refused = kinestate("body", "--clip", tmp_path / "clip.npz", "--from", "rotations")
    assert refused.exit_code == 2 and "no joint rotations" in refused.stderr and "Traceback" not in refused.stderr
