"""Experiments whose answer is known, and the promises of their steps."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from fake_lifters import Known, served, swaying
from hypothesis import given
from hypothesis import strategies as st

from engine.cameras.pinhole import look_at
from engine.errors import InputError
from engine.experiment.prepared import Memory, prepare, recording_of
from engine.experiment.rate import RatePolicy, elapsed, resampled
from engine.experiment.run import run
from engine.experiment.settings import CameraSettings, Experiment, FileSource, InputSettings, ModelChoice, Viewpoint
from engine.metrics.catalogue import METRICS
from engine.motion.interpolation import interpolate
from engine.motion.skeleton import H36M_17
from engine.motion.stature import stature
from engine.observation.before_camera import place_before_camera
from engine.observation.keypoints import Keypoints2D
from engine.observation.observe import observe
from engine.observation.trial import Context
from engine.progress import Cancelled

CLIP = swaying()
AUTO, TRAINED, RESAMPLE = RatePolicy(), RatePolicy(mode="trained"), RatePolicy(mode="resample")


def one(model, clip=CLIP, **settings):
    """The results of one model, "known", on a clip."""
    experiment = Experiment(models=(ModelChoice(name="known"),), **settings)
    return run(experiment, recording=clip, models=served(known=model))


def rate_of(times, policy):
    """What a model of 60 Hz is told under a policy."""
    keypoints = Keypoints2D("k", times, np.zeros((len(times), 17, 2)), np.ones((len(times), 17)), H36M_17, (9, 9))
    return policy.given(keypoints, Known(CLIP).card)[1]


# -- known answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("camera", ["front", "back", "left", "high"])
@pytest.mark.parametrize("subsample", [1, 4])
def test_a_perfect_model_has_no_error_from_any_side(camera, subsample):
    results = one(Known(CLIP), viewpoint=Viewpoint(camera=camera), input=InputSettings(subsample=subsample))
    (result,) = results.models
    assert set(result.summary) == {*(key for key, metric in METRICS.items() if metric.common), "ms_per_frame"}
    assert result.summary["mpjpe_mm"] < 1e-9 and result.summary["accel_error_m_s2"] < 1e-6
    assert result.summary["pck150"] == 100.0
    assert result.summary["jitter_m_s3"] == pytest.approx(result.summary["jitter_truth_m_s3"])
    np.testing.assert_allclose(result.placed.positions, results.truth.positions, atol=1e-9)
    np.testing.assert_array_equal(results.truth.positions, CLIP.positions[::subsample])


def test_a_constant_offset_is_its_length():
    results = one(Known(CLIP, offset_m=(0.06, 0.0, 0.08)))
    (result,) = results.models
    np.testing.assert_allclose(result.series["mpjpe_mm"].values[:, 1:], 100.0)
    np.testing.assert_allclose(result.series["mpjpe_mm"].per_frame(), 100 * 16 / 17)
    assert result.summary["mpjve_mm_s"] < 1e-6  # it does not move
    assert result.summary["pck150"] == 100.0


@pytest.mark.parametrize("subsample", [1, 2])
def test_a_delay_is_an_error_in_proportion_to_speed(subsample):
    """Late by one frame: each joint is where it was, so the error is the distance moved relative to the pelvis."""
    results = one(Known(CLIP, delay_s=subsample / 60), input=InputSettings(subsample=subsample))
    truth = CLIP.positions[::subsample] - CLIP.positions[::subsample, :1]
    moved = 1000 * np.linalg.norm(np.diff(truth, axis=0), axis=-1)
    np.testing.assert_allclose(results.models[0].series["mpjpe_mm"].values[1:], moved, atol=1e-6)


def test_results_are_at_the_kept_frames():
    results = one(Known(CLIP), input=InputSettings(subsample=7))
    assert results.frames == 18 and results.source_hz == pytest.approx(60) and results.input_hz == pytest.approx(60 / 7)
    np.testing.assert_array_equal(results.times, CLIP.times[::7])
    jitter = results.models[0].series["jitter_m_s3"].per_frame()
    assert jitter.shape == (18,) and np.isnan(jitter[:3]).all()
    np.testing.assert_allclose(jitter, results.truth_series["jitter_m_s3"].per_frame(), atol=1e-6)


def test_the_same_model_twice_with_its_own_settings():
    model = Known(CLIP)
    choices = (
        ModelChoice(name="known"),
        ModelChoice(name="known", rate=TRAINED),
        ModelChoice(name="known", rate=RESAMPLE),
    )
    results = run(
        Experiment(models=choices, input=InputSettings(subsample=4)), recording=CLIP, models=served(known=model)
    )
    assert [m.delta for m in results.models] == [pytest.approx(4.0), 1.0, 1.0]
    assert len({m.label for m in results.models}) == 3


# -- height -------------------------------------------------------------------------------------------------


def test_height_comes_from_the_skeleton_unless_given():
    model = Known(CLIP)
    results = one(model)
    assert results.height.source == "clip skeleton" and results.height.metres == model.height_m
    assert results.height.metres == pytest.approx(stature(CLIP.positions))
    results = one(model, height_m=1.9)
    assert (results.height.metres, results.height.source, model.height_m) == (1.9, "given", 1.9)


def test_keypoints_without_truth_have_a_prediction_and_no_errors():
    seen = observe(CLIP, "front").observation
    for camera in (seen.camera, None):
        given = replace(seen, camera=camera)

        class Fixed(Known):
            def forward(self, observation, rate, context, **options):
                return super().forward(observation, rate, Context(context.height_m, seen.camera), **options)

        results = one(Fixed(CLIP), clip=given)
        (result,) = results.models
        assert results.truth is None and results.height.source == "assumed 1.70 m"
        assert "mpjpe_mm" not in result.series and np.isnan(result.summary["mpjpe_mm"])
        assert result.summary["jitter_m_s3"] > 0
        assert results.to_json()["models"][0]["mpjpe_mm"] is None
        if camera is not None:  # the place is found from the picture
            np.testing.assert_allclose(result.placed.positions, CLIP.positions, atol=1e-6)
        else:  # from the origin on, on the floor, in a room that is estimated
            place, path = result.placed.positions[:, 0], CLIP.positions[:, 0] - CLIP.positions[0, 0]
            np.testing.assert_allclose(place[0, :2], 0.0, atol=1e-12)
            far, apart = (np.linalg.norm(each[:, :2], axis=-1) for each in (path, place))
            np.testing.assert_allclose(apart, far, atol=0.15)
            np.testing.assert_allclose(result.placed.positions[:, [3, 6], 2].min(1), 0.08, atol=0.2)
            assert "(estimated); 45° from top to bottom are assumed" in result.note


def test_place_before_camera_bridges_unseen_frames():
    seen = observe(CLIP, "left").observation
    relative = Known(CLIP).forward(seen, 1.0, Context(1.7, seen.camera)).positions
    confidence = seen.confidence.copy()
    confidence[:2] = confidence[50] = 0.0
    root = place_before_camera(relative, seen.camera.rays(seen.xy), confidence)
    expected = seen.camera.to_camera(CLIP.positions[:, 0])
    np.testing.assert_allclose(root[2:50], expected[2:50], atol=1e-6)
    np.testing.assert_allclose(root[[0, 1, 50]], expected[[2, 2, 49]], atol=1e-6)


# -- Δ and resampling ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hz", "r"), [(60, 1), (60, 4), (120, 2), (30, 1), (119.88, 8)])
def test_auto_delta_is_the_elapsed_time_in_trained_periods(hz, r):
    rate = elapsed((np.arange(100) / hz)[::r], 60.0)
    assert isinstance(rate, float) and rate == pytest.approx(60 * r / hz, rel=1e-9)


def test_auto_delta_of_irregular_sampling_is_one_number_per_frame():
    times = np.array([0.0, 1.0, 2.0, 4.0, 5.0]) / 60
    rate = elapsed(times, 60.0)
    np.testing.assert_allclose(rate, [1, 1, 1, 2, 1])
    clip = swaying(times=times)
    results = one(Known(clip), clip=clip)
    assert results.models[0].delta == "per frame"
    assert rate_of(times, TRAINED) == 1.0
    assert rate_of(times, RatePolicy(mode="factor", factor=2.5)) == 2.5


def test_nominal_delta_is_one_number_whatever_the_timestamps():
    times = np.array([0.0, 1.0, 2.0, 4.0, 5.1, 6.0]) / 15
    nominal = RatePolicy(mode="nominal")
    assert rate_of(times, nominal) == pytest.approx(4.0)
    assert rate_of(np.arange(9) / 15, nominal) == rate_of(np.arange(9) / 15, AUTO)


@pytest.mark.parametrize("r", [1, 4])
def test_a_perfect_model_has_no_error_when_frames_are_lost_and_the_clock_is_unsteady(r):
    """The truth is what was there when a frame was taken."""
    model = Known(CLIP)
    results = one(model, input=InputSettings(subsample=r, levels={"drop": 0.3, "clock_jitter": 0.4}))
    (result,) = results.models
    assert result.delta == "per frame" and results.frames < 120 / r
    assert result.summary["mpjpe_mm"] < 1e-9 and result.summary["mpjve_mm_s"] < 1e-6
    np.testing.assert_allclose(model.rate[1:], np.diff(results.times) * 60)
    np.testing.assert_array_equal(results.clean.xy, results.kept.xy)
    nominal = one(model, input=InputSettings(subsample=r, levels={"drop": 0.3}), rate=RatePolicy(mode="nominal"))
    assert nominal.models[0].delta == pytest.approx(r)


def test_resampling_gives_the_model_its_trained_rate():
    model = Known(CLIP)
    results = one(model, input=InputSettings(subsample=4), rate=RESAMPLE)
    np.testing.assert_allclose(model.given.times, np.arange(len(model.given)) / 60, atol=1e-12)
    assert model.rate == pytest.approx(1.0) and results.models[0].delta == pytest.approx(1.0)
    assert results.frames == 30
    assert results.models[0].resampled_hz == 60 and results.caption.endswith("resampled to 60 Hz")
    assert results.models[0].summary["mpjpe_mm"] < 1e-6  # a perfect model is read off at the kept frames exactly


def test_what_is_not_resampled_does_not_say_so():
    results = one(Known(CLIP), input=InputSettings(subsample=4))
    assert results.models[0].resampled_hz is None and "resampled" not in results.caption


def test_resampling_at_the_trained_rate_changes_nothing():
    keypoints = observe(CLIP, "front").observation
    same = resampled(keypoints, 60.0)
    np.testing.assert_allclose(same.xy, keypoints.xy, atol=1e-9)
    np.testing.assert_array_equal(same.confidence, keypoints.confidence)


def test_resampling_to_a_rate_that_does_not_divide_reads_off_in_between():
    model = Known(CLIP).at(50.0)
    results = one(model, input=InputSettings(subsample=3), rate=RESAMPLE)
    assert model.given.times[-1] >= results.times[-1] - 1e-9  # the last kept frame is covered
    assert 0 < results.models[0].summary["mpjpe_mm"] < 1.0  # only linear interpolation's error


def test_an_unseen_joint_stays_unseen_between_its_neighbours():
    keypoints = observe(swaying(5, 15.0), "front").observation
    confidence = keypoints.confidence.copy()
    confidence[2, 7] = 0.0
    fine = resampled(replace(keypoints, confidence=confidence), 60.0)
    np.testing.assert_array_equal(fine.confidence[:, 7] > 0, [1] * 5 + [0] * 7 + [1] * 5)
    assert (np.delete(fine.confidence, 7, axis=1) == 1).all()


@given(st.lists(st.floats(0.001, 0.2), min_size=2, max_size=20), st.floats(10, 120))
def test_interpolation_keeps_straight_lines(gaps, hz):
    times = np.concatenate([[0.0], np.cumsum(gaps)])
    at = np.arange(int(times[-1] * hz) + 1) / hz
    np.testing.assert_allclose(interpolate(3 * times[:, None] - 1, times, at)[:, 0], 3 * at - 1, atol=1e-9)


# -- observing ----------------------------------------------------------------------------------------------


def test_frames_cut_the_clip_but_not_the_camera_or_the_height():
    whole, part = observe(CLIP, "front"), observe(CLIP, "front", frames=(30, 60))
    assert len(part.observation) == len(part.truth[0].pose) == 30 and part.observation.times[0] == 0
    np.testing.assert_array_equal(part.observation.xy, whole.observation.xy[30:60])
    assert part.height == whole.height
    with pytest.raises(InputError, match="120 frames"):
        observe(CLIP, "front", frames=(120, 130))


def test_joints_out_of_the_picture_are_not_seen():
    near = look_at("near", np.array([0.0, -1.2, 1.5]), np.array([0.0, 0.0, 1.5]), fov_deg=40)
    keypoints = observe(swaying(5), near).observation
    inside = ((keypoints.xy >= 0) & (keypoints.xy <= 1000)).all(-1)
    np.testing.assert_array_equal(keypoints.confidence, inside)
    assert 0 < inside.mean() < 1
    behind = look_at("behind", np.array([0.0, -3.0, 1.5]), np.array([0.0, -9.0, 1.5]))
    with pytest.raises(InputError, match="sees nothing"):
        observe(swaying(5), behind)


def test_cameras_by_name():
    own = look_at("studio", np.array([0.0, -4.0, 1.0]), np.array([0.0, 0.0, 1.0]))
    clip = replace(CLIP, cameras=(own,))
    assert observe(clip, "file").observation.camera is own
    assert observe(clip, "file:studio").observation.camera is own
    for camera in ("file:kitchen", "side"):
        with pytest.raises(InputError, match="file:studio"):
            observe(clip, camera)
    with pytest.raises(InputError, match="none of its own"):
        observe(CLIP, "file")


def test_camera_settings_keep_the_camera():
    camera = look_at("mine", np.array([1.0, -4.0, 2.0]), np.array([0.0, 0.0, 1.0]))
    again = CameraSettings.model_validate_json(CameraSettings.of(camera).model_dump_json()).camera()
    np.testing.assert_array_equal(again.rotation, camera.rotation)
    assert (again.focal, again.principal, again.image_size) == (camera.focal, camera.principal, camera.image_size)


# -- running ------------------------------------------------------------------------------------------------


def test_progress_rises_to_one_and_cancel_stops_between_models():
    steps = []
    experiment = Experiment(models=(ModelChoice(name="a"), ModelChoice(name="b")))
    models = served(a=Known(CLIP), b=Known(CLIP))
    run(experiment, recording=CLIP, models=models, progress=lambda share, text: steps.append((share, text)))
    shares = [share for share, _ in steps]
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] == 1.0
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        run(experiment, recording=CLIP, models=models, cancel=lambda: next(asked))


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_very_short_clips(frames):
    results = one(Known(swaying(frames)), clip=swaying(frames), rate=RESAMPLE)
    assert results.models[0].summary["mpjpe_mm"] < 1e-9
    assert np.isnan(results.models[0].summary["jitter_m_s3"])
    assert results.to_json()["models"][0]["jitter_m_s3"] is None


def test_unknown_things_are_named():
    with pytest.raises(InputError, match="no built-in clip 'waltz'"):
        recording_of(Experiment(source=FileSource(path="builtin:waltz")))
    with pytest.raises(InputError, match="no model named 'nobody'"):
        run(Experiment(models=(ModelChoice(name="nobody"),)), recording=CLIP)


def test_importing_the_experiment_does_not_import_torch():
    code = "import sys, engine.experiment.run, engine.experiment.session; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_input_keypoints_may_start_late():
    """Timestamps of a camera need not begin at zero once frames are cut."""
    seen = observe(CLIP, "front").observation
    late = Keypoints2D("k", seen.times, seen.xy, seen.confidence, H36M_17, (1000, 1000))
    cut = observe(late, "front", frames=(60, 120)).observation
    assert cut.times[0] == 0 and len(cut) == 60


# -- doing again only what changed --------------------------------------------------------------------------


def test_what_did_not_change_is_not_done_again():
    a, b = Counting(CLIP), Counting(CLIP)
    models, memory = served(a=a, b=b), Memory()
    both = Experiment(models=(ModelChoice(name="a"), ModelChoice(name="b")))
    first = run(both, recording=CLIP, models=models, memory=memory)
    again = run(both, recording=CLIP, models=models, memory=memory)
    assert (a.calls, b.calls) == (1, 1)
    assert again.models[0].series is first.models[0].series
    run(both.with_input(subsample=2), recording=CLIP, models=models, memory=memory)
    assert (a.calls, b.calls) == (2, 2)
    own = both.model_copy(update={"models": (ModelChoice(name="a", rate=RatePolicy(mode="factor", factor=2.0)),)})
    run(own, recording=CLIP, models=models, memory=memory)
    assert (a.calls, b.calls) == (3, 2)
    run(both, recording=swaying(30), models=models, memory=memory)
    assert (a.calls, b.calls) == (4, 3)


def test_memory_changes_no_figure():
    memory = Memory()
    for camera in ("front", "left", "front"):
        experiment = Experiment(models=(ModelChoice(name="known"),), viewpoint=Viewpoint(camera=camera))
        model = Known(CLIP, offset_m=(0.05, 0, 0))
        remembered = run(experiment, recording=CLIP, models=served(known=model), memory=memory)
        fresh = run(experiment, recording=CLIP, models=served(known=model))
        figures = [dict(r.models[0].summary) | {"ms_per_frame": 0} for r in (remembered, fresh)]
        assert figures[0] == figures[1]


def test_each_model_is_handed_over_when_it_is_done():
    handed = []
    experiment = Experiment(models=(ModelChoice(name="a"), ModelChoice(name="b")))
    results = run(experiment, recording=CLIP, models=served(a=Known(CLIP), b=Known(CLIP)), on_result=handed.append)
    assert [[m.name for m in r.models] for r in handed] == [["a"], ["a", "b"]]
    assert handed[0].models[0] is results.models[0]


def test_a_model_reports_and_is_cancelled_from_inside():
    shares = []

    class Long(Known):
        def forward(self, observation, rate, context, *, progress, cancel):
            for k in range(4):
                if cancel():
                    raise Cancelled
                progress(k / 4, "")
            return super().forward(observation, rate, context)

    experiment = Experiment(models=(ModelChoice(name="a"), ModelChoice(name="b")))
    models = served(a=Long(CLIP), b=Long(CLIP))
    run(experiment, recording=CLIP, models=models, progress=lambda s, _: shares.append(s), cancel=lambda: False)
    assert shares == sorted(shares) and {0.125, 0.25, 0.375, 0.625} <= set(shares)
    with pytest.raises(Cancelled):
        run(experiment, recording=CLIP, models=models, cancel=lambda: len(shares) > 0)


def test_the_inspector_is_given_what_a_model_is_given():
    model = Counting(CLIP)
    experiment = Experiment(models=(ModelChoice(name="known"),), rate=RESAMPLE).with_input(subsample=4)
    given, rate = prepare(experiment, CLIP).given(model.card, experiment.rate)
    run(experiment, recording=CLIP, models=served(known=model))
    np.testing.assert_array_equal(given.xy, model.given.xy)
    assert rate == model.rate


class Counting(Known):
    """Perfect, and counts its predictions."""

    calls = 0

    def forward(self, observation, rate, context, **options):
        self.calls += 1
        return super().forward(observation, rate, context, **options)
