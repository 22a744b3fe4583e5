"""The catalogue of stresses: its records agree with the settings, and one from outside is found everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
import pytest
import typer
from fake_lifters import Known, served, swaying
from fake_stress import DIM, added
from typer.testing import CliRunner

from engine.cli.options import stress_options, takes, variation
from engine.errors import InputError
from engine.experiment.settings import Experiment, InputSettings, ModelChoice
from engine.experiment.sweep import sweep
from engine.observation.trackers import TrackerSignals
from engine.stress.catalogue import STRESSES, apply, in_panel_order, stream


@pytest.fixture
def dim_light():
    with added(DIM):
        yield


class Buffer:
    """Every frame comes one later than it was taken."""

    def __init__(self, schedule):
        self.schedule, self.held = schedule, []

    def push(self, frame):
        given, self.held = self.held, [frame]
        return given

    def end(self):
        return self.held


@pytest.mark.parametrize("field", STRESSES)
def test_a_record_allows_what_the_settings_allow(field):
    stress = STRESSES[field]

    def allowed(level):
        try:
            return InputSettings(levels={field: level}).level(field) == level
        except ValueError:
            return False

    levels = (-1.0, -1e-9, 0.0, 0.3, 0.4999, 0.5, 0.9999, 1.0, 1.5, 1e9, float("inf"), float("nan"))
    assert [level in stress.range for level in levels] == [allowed(level) for level in levels]
    assert all(level in stress.range for level in stress.levels) and stress.slider.max in stress.range


def test_options_are_those_of_the_settings():
    for stress in STRESSES.values():
        for option in stress.options:
            assert option.chosen(InputSettings().options) == option.default
            for key in option.choices:
                assert option.chosen(InputSettings(options={option.field: key}).options) == key
            with pytest.raises(ValueError, match="choose one of"):
                InputSettings(options={option.field: "neither"})


def test_a_stress_that_does_not_apply_or_exist_is_refused():
    hands = TrackerSignals("hands", np.arange(5) / 60, np.zeros((5, 3, 3)), np.ones((5, 3, 4)), np.ones((5, 3), bool))
    with pytest.raises(InputError, match="hands: Masked joints cannot be applied to TrackerSignals"):
        apply(hands, {"mask": 0.3}, {}, 1, 0)
    with pytest.raises(InputError, match="no stress 'fog'"):
        apply(hands, {"fog": 0.3}, {}, 1, 0)
    with pytest.raises(InputError, match="Masked joints"):
        stream(hands.times, {"mask": 0.3}, {}, 1, 0).push(hands.take(slice(0, 1)))
    left = apply(hands, {"drop": 0.5}, {}, 2, 0)
    assert isinstance(left, TrackerSignals) and len(left) == 2 and left.times[0] == 0


def test_a_stress_from_outside_is_a_flag_and_a_variation(dim_light):
    assert variation("dim-light", "0.1,0.4") == ("dim", (0.1, 0.4))
    with pytest.raises(InputError, match="numbers that --dim-light takes"):
        variation("dim-light", "1.5")
    app, found = typer.Typer(), {}

    @app.command()
    @takes(stress_options(in_panel_order()))
    def command(given, times: Annotated[int, typer.Option()] = 1):
        found.update(given)

    assert CliRunner().invoke(app, ["--dim-light", "0.25"]).exit_code == 0
    assert found["dim_light"] == 0.25 and found["mask"] is None
    assert CliRunner().invoke(app, ["--dim-light", "1.5"]).exit_code == 2


def test_a_stress_from_outside_is_applied_in_a_sweep(dim_light):
    clip, least = swaying(60), []

    class Noting(Known):
        def forward(self, observation, *others, **options):
            least.append(float(observation.confidence.min()))
            return super().forward(observation, *others, **options)

    experiment = Experiment(models=(ModelChoice(name="a"),))
    table = sweep(experiment, rates=(1,), vary="dim", recordings=[clip], models=served(a=Noting(clip)))
    assert least == [1.0, 0.75, 0.5]
    assert [row.to_json()["dim"] for row in table.rows] == [0.0, 0.25, 0.5]


def test_frames_that_a_stream_holds_back_come_at_the_end():
    clip = TrackerSignals("h", np.arange(9) / 60, np.zeros((9, 3, 3)), np.ones((9, 3, 4)), np.ones((9, 3), bool))
    late = replace(DIM, applies_to=("TrackerSignals",), stream=lambda level, setting, schedule: Buffer(schedule))
    with added(late):
        twin = stream(clip.times, {"dim": 1.0}, {}, 2, 0)
        came = [[float(out.times[0]) for out in twin.push(clip.take(slice(k, k + 1)))] for k in range(9)]
        assert came[:4] == [[], [0.0], [], [clip.times[2]]]
        assert [float(out.times[0]) for out in twin.end()] == [clip.times[8]]
