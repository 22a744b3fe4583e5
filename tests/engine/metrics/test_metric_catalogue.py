"""The catalogue of metrics: one frame at a time equals the whole, and a metric from outside is found everywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_lifters import Known, served, swaying
from fake_metric import HEIGHT, added
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cli.console import print_results
from engine.experiment.run import run
from engine.experiment.settings import Experiment, ModelChoice
from engine.metrics.catalogue import COSTS, METRICS, SINGLE, add, figures, measure, summarise
from engine.metrics.metric import Series
from engine.metrics.online import OnlineMetrics
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.progress import Cancelled

seeds = st.integers(0, 2**32 - 1)
OF_JOINTS = [key for key, metric in METRICS.items() if metric.common]


def poses(seed, frames):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.005, 0.1, frames))
    truth, prediction = rng.normal(0.0, 0.4, (2, frames, 17, 3))
    return Joints(times, prediction, H36M_17), Joints(times, truth, H36M_17)


def frame(pose, k):
    return pose.take(slice(k, k + 1))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 60])
@pytest.mark.parametrize("key", OF_JOINTS)
def test_streamed_equals_whole(key, frames):
    metric = METRICS[key]
    for seed in range(3):
        prediction, truth = poses(seed, frames)
        stream = metric.stream()
        came = [stream.push(frame(prediction, k), frame(truth, k)) for k in range(frames)]
        whole = metric.compute(prediction, truth)
        assert [value is None for value in came] == [k < metric.order for k in range(frames)]
        found = [value for value in came if value is not None]
        assert len(found) == len(whole) == max(frames - metric.order, 0)
        for value, expected in zip(found, whole, strict=True):
            np.testing.assert_array_equal(value, expected)
        assert len(stream._recent) <= metric.order + 1


@given(seeds, st.integers(1, 40))
@settings(max_examples=30)
def test_online_equals_batch(seed, frames):
    prediction, truth = poses(seed, frames)
    online = OnlineMetrics()
    rows = [online.push(frame(prediction, k), frame(truth, k)) for k in range(frames)]
    whole = measure(prediction, truth)
    for key, value in summarise(whole).items():
        assert online.means()[key] == pytest.approx(value, rel=1e-6, nan_ok=True), key
        per_frame = np.array([row[key] for row in rows])
        assert np.isnan(per_frame[: METRICS[key].order]).all()
        np.testing.assert_allclose(per_frame, whole[key].per_frame(), rtol=1e-6)
        if frames > METRICS[key].order:
            np.testing.assert_allclose(online.joint_means(key), whole[key].per_joint(), rtol=1e-6)


def test_online_memory_is_constant():
    online = OnlineMetrics()
    prediction, truth = poses(0, 100)
    for k in range(100):
        online.push(frame(prediction, k), frame(truth, k))
    held = {key: len(stream._recent) for key, stream in online._streams.items() if stream._recent}
    assert held == {key: METRICS[key].order + 1 for key in OF_JOINTS}


def test_without_truth_only_jitter_is_known():
    prediction, truth = poses(1, 20)
    found = measure(prediction, None)
    assert list(found) == ["jitter_m_s3"]
    np.testing.assert_array_equal(found["jitter_m_s3"].values, measure(prediction, truth)["jitter_m_s3"].values)
    online = OnlineMetrics()
    for k in range(20):
        row = online.push(frame(prediction, k))
    for figures_of in (summarise(found), row, online.means()):
        assert {key for key, value in figures_of.items() if not np.isnan(value)} == {"jitter_m_s3"}
    assert online.means()["jitter_m_s3"] == pytest.approx(found["jitter_m_s3"].mean())


def test_a_series_is_read_by_frame_and_by_joint():
    series = Series(np.arange(4.0), np.array([[1.0, 3.0], [5.0, 7.0]]))
    np.testing.assert_array_equal(series.per_frame(), [np.nan, np.nan, 2.0, 6.0])
    np.testing.assert_array_equal(series.per_joint(), [3.0, 5.0])
    assert series.mean() == 4.0
    short = Series(np.arange(2.0), np.zeros((0, 2)))
    assert np.isnan(short.per_frame()).all() and len(short.per_frame()) == 2
    assert np.isnan(short.per_joint()).all() and np.isnan(short.mean())


def test_every_figure_is_named_once():
    assert list(figures()) == [*OF_JOINTS, *COSTS]
    found = figures(METRICS)
    assert list(found) == [*METRICS, *COSTS] and all(key == figure.key for key, figure in found.items())
    assert len({figure.title for figure in found.values()}) == len(found)
    assert all(metric.truth_key in ("", *METRICS) for metric in METRICS.values())
    with pytest.raises(ValueError, match="already"):
        add(replace(HEIGHT, key="auc"))


def test_a_metric_from_outside_is_measured_streamed_and_printed(capsys):
    clip = swaying(60)
    with added(HEIGHT):
        results = run(Experiment(models=(ModelChoice(name="a"),)), recording=clip, models=served(a=Known(clip)))
        assert results.models[0].summary["height_error_mm"] == pytest.approx(0.0, abs=1e-6)
        print_results(results)
        assert "height error, mm" in capsys.readouterr().out
        prediction, truth = poses(3, 30)
        online = OnlineMetrics()
        for k in range(30):
            online.push(frame(prediction, k), frame(truth, k))
        assert online.means()["height_error_mm"] == pytest.approx(measure(prediction, truth)["height_error_mm"].mean())


@pytest.mark.parametrize("frames", [4097, 9001, 16400])
def test_pieces_of_a_long_pose_are_measured_as_the_whole(frames):
    rng = np.random.default_rng(frames)
    times = np.cumsum(rng.uniform(0.01, 0.03, frames))
    truth = Joints(times, rng.normal(size=(frames, 17, 3)), H36M_17)
    prediction = replace(truth, positions=truth.positions + 0.1 * rng.normal(size=(frames, 17, 3)))
    found = measure(prediction, truth)
    for key, series in found.items():
        whole = METRICS[key].measure(prediction, truth)
        assert series.values.shape == whole.values.shape
        if frames > SINGLE:
            assert series.values.dtype == np.float32
            np.testing.assert_allclose(series.values, whole.values, rtol=1e-6)
        else:
            np.testing.assert_array_equal(series.values, whole.values)
        assert series.mean() == pytest.approx(whole.mean(), rel=1e-7)


def test_long_measuring_stops_in_between():
    pose = Joints(np.arange(20_000) / 60, np.zeros((20_000, 17, 3)), H36M_17)
    asked = iter(range(1000))
    with pytest.raises(Cancelled):
        measure(pose, pose, lambda: next(asked) > 12)
