"""The rate table: its order, its rates on clips of different rates, pooling, cancelling."""

from dataclasses import replace

import numpy as np
import pytest
from fake_lifters import CARD, Known, served, swaying

from engine.errors import InputError
from engine.experiment.rate import IRREGULAR, REGULAR
from engine.experiment.settings import Experiment, InputSettings, ModelChoice, Viewpoint
from engine.experiment.sweep import RATES, in_common, pool, sweep
from engine.observation.observe import observe
from engine.progress import Cancelled
from engine.stress.catalogue import STRESSES


class Remembering(Known):
    """Perfect, and notes what it is called with."""

    def forward(self, observation, rate, context, **options):
        self.calls = [*getattr(self, "calls", []), (len(observation), rate)]
        return super().forward(observation, rate, context, **options)


EXPERIMENT = Experiment(models=(ModelChoice(name="b"), ModelChoice(name="a")), input=InputSettings(subsample=3))


def test_rows_are_ordered_by_model_rate_and_way():
    clip = swaying(240)
    table = sweep(EXPERIMENT, recordings=[clip], models=served(a=Known(clip), b=Known(clip)))
    expected = [(m, r, w) for m in ("b", "a") for r in RATES for w in REGULAR]
    assert [(row.model, row.r, row.mode) for row in table.rows] == expected
    assert [row.input_hz for row in table.rows[::3][:5]] == [pytest.approx(60 / r) for r in RATES]
    assert all(row.figures["mpjpe_mm"] < 1e-6 for row in table.rows)


@pytest.mark.parametrize("hz", [60.0, 120.0])
def test_rates_are_of_the_trained_rate_whatever_the_clip_s(hz):
    clip = swaying(round(4 * hz), hz)
    model = Remembering(clip)
    table = sweep(EXPERIMENT, rates=(1, 4), recordings=[clip], models=served(a=model, b=model))
    assert [row.input_hz for row in table.rows[:6]] == [pytest.approx(60)] * 3 + [pytest.approx(15)] * 3
    assert model.calls[0] == (240, 1.0)  # at 60 Hz the three ways ask the same, once
    at_15 = model.calls[1:4]
    assert at_15[0] == (60, 1.0)  # as trained
    assert at_15[1] == (60, pytest.approx(4.0))  # rescaled
    assert at_15[2] == (237, pytest.approx(1.0))  # resampled to 60 Hz


def test_irregular_sampling_per_frame_nominal_and_resampled():
    clip = swaying(240)
    model = Remembering(clip)
    table = sweep(
        Experiment(models=(ModelChoice(name="a"),)), rates=(1, 4), vary="drop", levels=(0.0, 0.4), recordings=[clip],
        models=served(a=model),
    )  # fmt: skip
    assert [(row.r, row.level, row.mode) for row in table.rows] == [
        (r, level, way) for r in (1, 4) for level in (0.0, 0.4) for way in IRREGULAR
    ]
    assert table.varied == "drop" and table.modes == IRREGULAR
    assert [row.frames for row in table.rows[::3]] == [240, 240 - round(0.4 * 239), 60, 60 - round(0.4 * 59)]
    rates = [rate for _, rate in model.calls]
    assert rates[0] == pytest.approx(1.0)  # regular and at the trained rate: all ways are the same
    per_frame, nominal, resampled = rates[1:4]
    assert len(per_frame) == table.rows[3].frames and nominal == pytest.approx(1.0) and resampled == pytest.approx(1.0)
    np.testing.assert_allclose(per_frame, np.round(per_frame), atol=1e-9)  # whole frames are missing
    assert per_frame.max() > 1.5
    assert table.to_json()["rows"][3]["drop"] == 0.4


def test_ways_that_come_to_the_same_are_predicted_once():
    clip = swaying(240)
    with_delta, without = Remembering(clip), Remembering(clip, card=CARD.model_copy(update={"has_delta": False}))
    table = sweep(EXPERIMENT, rates=(1, 4), recordings=[clip], models=served(a=with_delta, b=without))
    assert len(table.rows) == 2 * 2 * len(REGULAR)
    assert len(with_delta.calls) == 1 + 3  # at 60 Hz all are the same
    assert [frames for frames, _ in without.calls] == [240, 60, 237]  # without Δ only resampling differs


@pytest.mark.parametrize("field", STRESSES)
def test_every_stress_can_be_set_and_its_levels_start_clean(field):
    levels = STRESSES[field].levels
    assert levels[0] == 0 and list(levels) == sorted(set(levels))
    for level in levels:
        assert InputSettings(levels={field: level}).level(field) == level


def test_masking_sweep_hides_what_it_says():
    clip = swaying(60)
    hidden = []

    class Counting(Known):
        def forward(self, observation, *others, **options):
            hidden.append(float((observation.confidence == 0).mean()))
            return super().forward(observation, *others, **options)

    experiment = Experiment(models=(ModelChoice(name="a"),), input=InputSettings(levels={"mask": 0.9}))
    sweep(experiment, rates=(1,), vary="mask", recordings=[clip], models=served(a=Counting(clip)))
    assert hidden == pytest.approx(STRESSES["mask"].levels, abs=1e-3)


def test_means_are_over_frames_and_by_category():
    long, short = swaying(180), swaying(60)
    clips = [replace(long, name="long", category="walking"), replace(short, name="short", category="dance")]

    class Offset(Known):
        def forward(self, observation, *others, **options):
            self.offset_m = (0.03, 0, 0) if observation.name == "long" else (0.07, 0, 0)
            return super().forward(observation, *others, **options)

    table = sweep(
        Experiment(models=(ModelChoice(name="a"),)), rates=(1,), modes=("auto",), recordings=clips,
        models=served(a=Offset(long)),
    )  # fmt: skip
    (row,) = table.rows
    assert row.frames == 240 and row.figures["mpjpe_mm"] == pytest.approx((180 * 30 + 60 * 70) / 240 * 16 / 17)
    assert [r.clip for r in table.clips] == ["long", "short"]
    found = {name: rows[0].figures["mpjpe_mm"] for name, rows in table.by_category().items()}
    assert found == {"walking": pytest.approx(30 * 16 / 17), "dance": pytest.approx(70 * 16 / 17)}
    assert table.to_json()["rows"][0]["mode"] == "auto"


def test_progress_and_cancel():
    clip = swaying(60)
    shares = []
    models = served(a=Known(clip), b=Known(clip))
    sweep(EXPERIMENT, recordings=[clip, clip], models=models, progress=lambda share, _: shares.append(share))
    assert shares[0] == 0.0 and shares[-1] == 1.0 and shares == sorted(shares)
    with pytest.raises(Cancelled):
        sweep(EXPERIMENT, recordings=[clip], models=models, cancel=lambda: len(shares) > 0)


def test_rows_are_told_as_they_are_found():
    clip, told = swaying(60), []
    models = served(a=Known(clip), b=Known(clip))
    table = sweep(EXPERIMENT, rates=(1, 2), recordings=[clip, clip], models=models, on_row=told.append)
    assert tuple(told) == table.clips and len(told) == 24
    assert pool(told) == table.rows
    stopped = []
    with pytest.raises(Cancelled):
        sweep(EXPERIMENT, recordings=[clip], models=models, on_row=stopped.append, cancel=lambda: len(stopped) >= 3)
    assert len(stopped) == 3


def test_means_that_are_compared_stand_on_the_clips_that_all_of_them_have():
    clip, told = swaying(60), []
    models = served(a=Known(clip), b=Known(clip))
    with pytest.raises(Cancelled):
        sweep(EXPERIMENT, rates=(1, 2), recordings=[clip, clip, clip], models=models, on_row=told.append,
              cancel=lambda: len(told) >= 30)  # fmt: skip
    assert {row.clips for row in pool(told)} == {2, 3}
    assert {row.clips for row in pool(in_common(told))} == {2}
    assert pool(in_common(told))[0].to_json()["clips"] == 2


def test_a_clip_that_fails_is_listed_and_the_others_count():
    clip = swaying(60)
    models = served(a=Known(clip), b=Known(clip))
    on_file_camera = EXPERIMENT.model_copy(update={"viewpoint": Viewpoint(camera="file")})
    with pytest.raises(InputError, match="no camera"):
        sweep(on_file_camera, recordings=[clip], models=models)
    own = replace(clip, name="filmed", cameras=(observe(clip, "left").observation.camera,))
    table = sweep(on_file_camera, rates=(1,), recordings=[clip, own], models=models)
    assert list(table.failed) == ["swaying"] and {row.clip for row in table.clips} == {"filmed"}
