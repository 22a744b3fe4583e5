"""Pictures and films of results, drawn on EGL; the demo that stands in for the window."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from app.look.theme import model_colour as window_colour
from app.render.film import Film, Look, people_of, write_film, write_picture
from app.render.offscreen_demo import run_demo
from app.render.session_colours import colours_of
from app.view3d.egl import gl_renderer
from engine.errors import InputError
from engine.experiment.run import run
from engine.experiment.session import Session
from engine.experiment.settings import Experiment, ModelChoice
from engine.experiment.sweep import SweepRow, SweepTable
from engine.export.palette import rgb
from engine.export.sweep_chart import sweep_chart
from engine.export.video import H264
from engine.metrics.pose import root_relative
from engine.models.card import ModelCard
from engine.motion.clip import MotionClip
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.progress import Cancelled

try:
    gl_renderer()
except Exception as error:
    pytest.skip(f"no EGL to draw with: {error}", allow_module_level=True)

SIZE = (320, 200)
VERMILLION = (213, 94, 0)


class Shifted:
    """The truth, 5 cm off."""

    card = ModelCard(name="shifted", system="none", summary="", causal=False, follows_rate="")

    def __init__(self, clip):
        self.clip = clip

    def forward(self, observation, rate, context, **options):
        relative = root_relative(self.clip.positions)
        relative[:, 1:, 2] += 0.05
        turned = relative @ context.camera.rotation.T
        return Joints(observation.times, turned, H36M_17, frame="camera", rooted=False)


@pytest.fixture(scope="module")
def results():
    rest = np.zeros((17, 3))
    rest[:, 2] = [1, 1, 0.55, 0.1, 1, 0.55, 0.1, 1.2, 1.45, 1.55, 1.7, 1.4, 1.1, 0.9, 1.4, 1.1, 0.9]
    rest[list(H36M_17.right), 0], rest[list(H36M_17.left), 0] = -0.2, 0.2
    times = np.arange(20) / 20
    positions = rest + np.array([0.0, -1.0, 0.0]) * times[:, None, None]
    clip = MotionClip("gliding", times, positions, H36M_17)
    return run(Experiment(models=(ModelChoice(name="shifted"),)), recording=clip, models=lambda choice: Shifted(clip))


def reddish(picture):
    red, _, blue = (picture[..., k].astype(int) for k in range(3))
    return (red - blue > 60).mean()


def test_a_picture_shows_people_and_their_error(results, tmp_path):
    write_picture(results, tmp_path / "p.png", Look(SIZE))
    picture = cv2.imread(str(tmp_path / "p.png"))[..., ::-1]
    assert picture.shape == (200, 320, 3)
    body, chart = picture[:80], picture[80:]
    assert reddish(body) > 0.002
    assert (np.abs(chart.astype(int) - VERMILLION).max(-1) < 40).sum() > 50  # the error curve


def test_people_side_by_side_do_not_hide_each_other(results):
    def truth_seen(apart):
        body = Film(results, Look((640, 400), "front", apart=apart)).picture(5)[60:280].astype(int)
        return ((body.min(-1) > 120) & (np.ptp(body, axis=-1) < 20)).sum()  # light grey pixels, below the legend

    assert truth_seen(0.9) > 1.3 * truth_seen(0.0)


@pytest.mark.slow
def test_a_grid_has_a_view_for_every_model(results):
    twice = replace(results, models=results.models * 2)
    one, grid = (Film(twice, Look((640, 400), grid=grid)) for grid in (False, True))
    assert grid.renderer.view_size[0] == (640 - 2) // 2
    left, right = grid.picture(5)[:280, :319].astype(int), grid.picture(5)[:280, 321:].astype(int)
    assert reddish(left) > 0.02 and reddish(right) == 0.0
    assert (right[..., 2] - right[..., 0] > 60).mean() > 0.02  # the second model is blue
    assert (one.picture(5)[280:] == grid.picture(5)[280:]).all()  # the curves


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_themes_and_moments_differ(results, theme):
    film = Film(results, Look(SIZE, theme=theme))
    first, last = film.picture(0), film.picture(19)
    assert (first.mean() > 128) == (theme == "light")
    assert (first != last).any()


def test_a_film_keeps_the_motion_s_own_time(results, tmp_path):
    shares = []
    film = write_film(results, tmp_path / "f.mp4", Look(SIZE), fps=10.0, progress=lambda share, _: shares.append(share))
    assert (film.pictures, film.codec) == (10, H264)
    video = cv2.VideoCapture(str(tmp_path / "f.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == 10.0 and video.get(cv2.CAP_PROP_FRAME_COUNT) == 10  # 0.95 s
    assert shares == sorted(shares) and len(shares) == 10
    wanted = Film(results, Look(SIZE))
    for frame in range(0, 20, 2):
        found = video.read()[1][..., ::-1]
        assert np.abs(found.astype(int) - wanted.picture(frame)).mean() < 3


@pytest.mark.slow
def test_a_film_in_slow_motion_has_more_pictures(results, tmp_path):
    film = write_film(results, tmp_path / "f.mp4", Look(SIZE), fps=10.0, speed=0.5)
    assert film.pictures == 20  # of 0.95 s
    video, wanted = cv2.VideoCapture(str(tmp_path / "f.mp4")), Film(results, Look(SIZE))
    for frame in range(20):  # a picture shows the frame that is on: one each at half the clip's 20 Hz
        found = video.read()[1][..., ::-1]
        assert np.abs(found.astype(int) - wanted.picture(frame)).mean() < 3


def test_a_film_that_is_cancelled_leaves_nothing(results, tmp_path):
    def stop(share, text):
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_film(results, tmp_path / "f.mp4", Look(SIZE), fps=10.0, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_model_has_one_colour_in_the_window_in_charts_and_in_films(results):
    names = [f"m{k}" for k in range(8)]
    eight = replace(results, models=results.models * 8)
    film = Film(eight, Look(SIZE))
    items = [item for person in people_of(eight, Look(SIZE))[1:] for item in person]  # the first is the truth
    rows = tuple(SweepRow(name, r, "auto", 60 / r, 1, {"mpjpe_mm": 1.0}) for name in names for r in (1, 2))
    lines = sweep_chart(SweepTable(rows, (), {})).axes[0].lines
    for k in range(8):
        assert film.chart.colours[k] == rgb(window_colour(k))
        assert items[k].colour == lines[k].get_color() == window_colour(k)


def test_a_session_s_own_colours_are_kept(results, tmp_path):
    choices = [ModelChoice(name=name) for name in ("a", "b", "c")]
    slots = [
        {"choice": c.model_dump(), "colour": k, "on": c.name != "b"} for c, k in zip(choices, (3, 0, 5), strict=True)
    ]
    a, b, c = choices
    session = tmp_path / "s.json"
    session.write_text(Session(experiment=Experiment(), view={"slots": slots}).model_dump_json())
    assert colours_of(session, Experiment(models=(a, c))) == (3, 5)
    assert colours_of(session, Experiment(models=(c, ModelChoice(name="new"), a))) == (5, 0, 3)
    assert colours_of(None, Experiment(models=(a, b, c))) == (0, 1, 2)
    film = Film(results, Look(SIZE, colours=(3,)))
    assert film.chart.colours == (rgb(window_colour(3)),)
    assert people_of(results, Look(SIZE, colours=(3,)))[1][0].colour == window_colour(3)


def test_what_cannot_be_drawn_is_named(results, tmp_path):
    with pytest.raises(InputError, match="no view 'below'"):
        Look(SIZE, "below")
    with pytest.raises(InputError, match="no theme 'pink'"):
        Look(SIZE, theme="pink")
    with pytest.raises(InputError, match="frame 20"):
        write_picture(results, tmp_path / "p.png", Look(SIZE), frame=20)


def test_the_demo_writes_a_picture_and_its_figures(tmp_path):
    said = []
    run_demo(tmp_path / "out", say=said.append)
    picture = cv2.imread(str(tmp_path / "out" / "demo.png"))
    assert picture.shape == (720, 1280, 3) and picture.std() > 10
    figures = json.loads((tmp_path / "out" / "demo.json").read_text())
    assert figures["clip"] == "demo" and "demo.png" in said[-1]
