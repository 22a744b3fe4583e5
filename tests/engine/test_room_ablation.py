"""Cameras that lean and what it is worth to know it: a known answer, and the command's figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.cli.app import app
from engine.models.loading import load_model
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.stands import stands
from engine.report.chain.painted import painted
from engine.report.chain.watched import truly_seen
from engine.report.room_ablation import MIDDLE_M, PITCHES_DEG, ROLLS_DEG, ablate_room, leaning_camera, room_table


class Knows:
    """Stands in for a model without errors: a camera's view of the person whom `painted` shows before it."""

    def __init__(self, seconds: float) -> None:
        self.card = load_model("linear_toy").card
        leans = [(pitch, roll) for pitch in PITCHES_DEG for roll in ROLLS_DEG]
        self.shown = [painted("walk", leaning_camera(*each), seconds) for each in leans]

    def forward(self, observation, rate, context, /, *, progress=None, cancel=None) -> Joints:
        off = [np.abs(truly_seen(each).keypoints.xy - observation.xy).mean() for each in self.shown]
        shown = self.shown[int(np.argmin(off))]
        inside = shown.camera.to_camera(shown.truth.positions)
        return Joints(observation.times, inside - inside[:, :1], H36M_17, frame="camera")


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (15, 10), (30, 0)])
def test_a_leaning_camera_looks_at_the_middle(pitch: float, roll: float) -> None:
    camera = leaning_camera(pitch, roll)
    xy, depth = camera.project(np.array([[0.0, 0.0, MIDDLE_M]]))
    assert xy[0] == pytest.approx([320, 240]) and depth == pytest.approx(4.0)
    numbers = stands(camera)
    assert [numbers["pitch_deg"], numbers["roll_deg"]] == pytest.approx([pitch, roll])


def test_of_poses_without_errors_only_what_was_assumed_of_the_camera_is_off() -> None:
    (row,) = ablate_room(Knows(1.0), clips=["walk"], seconds=1.0)
    assert row.trunk_deg["given"] == pytest.approx(0, abs=1e-6) and row.error_mm["given"] == pytest.approx(0, abs=1e-6)
    # in the mean of 0, 15 and 30 degrees down, turned by 0 and 10; who walks leans
    assert 15 < row.trunk_deg["level"] < 19 and row.trunk_deg["estimated"] < 0.4 * row.trunk_deg["level"]
    assert row.error_mm["estimated"] < 0.4 * row.error_mm["level"]
    assert "| walk |" in room_table([row])


def test_the_command_tells_by_which_model(tmp_path: Path) -> None:
    path = tmp_path / "room.json"
    done = CliRunner().invoke(
        app, ["ablate", "room", "--model", "linear_toy", "--clips", "walk", "--seconds", "1", "--json", str(path)]
    )
    assert done.exit_code == 0, done.output
    assert "linear_toy, noise of 1 %:" in done.output
    found = json.loads(path.read_text())
    assert found["model"] == "linear_toy" and [row["clip"] for row in found["rows"]] == ["walk"]
    assert CliRunner().invoke(app, ["ablate", "room", "--detector", "none-such"]).exit_code == 2
