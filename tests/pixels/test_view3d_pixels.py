"""What the 3D scene puts where, on software GL and without a display."""

from __future__ import annotations

import numpy as np
import pytest

from app.view3d.camera_rig import Orbit
from app.view3d.items import Item, SkeletonItem, pick
from app.view3d.theme import THEMES, rgb
from app.view3d.visuals.axes import COLOURS
from engine.cameras.pinhole import Camera, look_at
from engine.motion.skeleton import H36M_17, Skeleton

SIZE = (320, 240)
STICK = Skeleton("stick", ("root", "tip"), (-1, 0))
ORANGE, BLUE = "#e69f00", "#0072b2"
FRONT = look_at("front", np.array([0.0, -4.0, 1.0]), np.array([0.0, 0.0, 1.0]), fov_deg=40, image_size=SIZE)


@pytest.fixture(scope="module")
def renderer():
    try:
        from app.view3d.offscreen import Renderer

        return Renderer(SIZE, legend=False)
    except (RuntimeError, OSError, ImportError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")


def draw(renderer, items: list[Item], camera: Camera = FRONT, theme: str = "dark", size=SIZE) -> np.ndarray:
    """(H, W, 3) in [0, 1]."""
    renderer.set_style(size, theme, legend=False)
    renderer.set_items(items)
    return renderer.render(0, camera) / 255


def stick(key: str, *ends: tuple[float, float, float], colour=ORANGE, **more) -> SkeletonItem:
    return SkeletonItem(key, key, STICK, np.zeros(1), np.array([ends], float), colour=colour, **more)


def person(offset=(0.0, 0.0, 0.0), colour=None) -> SkeletonItem:
    pose = np.array(
        [
            [0, 0, 0.95], [-0.13, 0, 0.93], [-0.14, -0.12, 0.5], [-0.15, 0.05, 0.08], [0.13, 0, 0.93],
            [0.15, 0.12, 0.51], [0.15, 0.33, 0.15], [0, 0.01, 1.18], [0, 0, 1.44], [0, -0.06, 1.56],
            [0, -0.03, 1.7], [0.17, 0, 1.42], [0.24, -0.06, 1.13], [0.22, -0.28, 1.0], [-0.17, 0, 1.42],
            [-0.25, 0.08, 1.14], [-0.22, 0.02, 0.9],
        ]
    )  # fmt: skip
    return SkeletonItem(f"p{offset}", "person", H36M_17, np.zeros(1), pose[None] + offset, colour=colour)


def at(picture: np.ndarray, camera: Camera, point) -> np.ndarray:
    """The colour where a world point is seen."""
    (x, y), depth = camera.project(np.asarray(point, float))
    assert depth > 0
    return picture[int(y), int(x)]


def hue_angle(colour, reference: str) -> float:
    """Radians between a colour and "#rrggbb" as directions: independent of how brightly they are lit."""
    a, b = np.asarray(colour), np.asarray(rgb(reference))
    return float(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


def test_a_bone_covers_the_pixels_between_its_joints_in_its_colour(renderer):
    ends = (-0.6, 0.0, 0.7), (0.5, 0.3, 1.5)
    picture = draw(renderer, [stick("a", *ends)])
    for share in np.linspace(0, 1, 9):
        point = (1 - share) * np.array(ends[0]) + share * np.array(ends[1])
        assert hue_angle(at(picture, FRONT, point), ORANGE) < 0.2
        assert hue_angle(at(picture, FRONT, point + [0, 0, 0.25]), ORANGE) > 0.5


def test_a_bone_is_as_thick_as_its_radius_at_every_distance(renderer):
    from app.view3d.visuals.bones import build_of

    for distance in (2.0, 4.0, 8.0):
        camera = look_at("c", np.array([0, -distance, 1.0]), np.array([0, 0, 1.0]), fov_deg=40, image_size=SIZE)
        item = stick("a", (-1.0, 0, 1.0), (1.0, 0, 1.0))
        picture, nobody = draw(renderer, [item], camera), draw(renderer, [], camera)
        column = np.abs(picture - nobody)[:120, 160].max(-1) > 0.15  # upper half: no shadow there
        radius = build_of(STICK, item.positions)[0, :2].mean()
        assert abs(column.sum() - camera.focal[1] * radius / distance) <= 1.0


def test_a_nearer_bone_hides_a_farther_one_whoever_is_drawn_first(renderer):
    near = stick("near", (-0.5, -0.5, 1.0), (0.5, -0.5, 1.0), colour=BLUE)
    far = stick("far", (0, 0.5, 0.5), (0, 0.5, 1.5), colour=ORANGE)
    for items in ([near, far], [far, near]):
        assert hue_angle(at(draw(renderer, items), FRONT, (0, -0.5, 1.0)), BLUE) < 0.2


def test_crossing_bones_of_one_skeleton_hide_each_other_by_depth(renderer):
    cross = Skeleton("cross", ("a", "b", "c", "d"), (-1, 0, 1, 2))
    points = np.array([[[-0.6, 0.4, 1.0], [0.6, 0.4, 1.0], [0.0, -0.4, 1.6], [0.0, -0.4, 0.4]]])
    colours = np.array([[rgb(c) for c in (BLUE, BLUE, ORANGE, ORANGE)]])
    for camera, front in ((FRONT, ORANGE), (_seen_from_behind(), BLUE)):
        picture = draw(
            renderer, [SkeletonItem("x", "x", cross, np.zeros(1), points, colour=ORANGE, joint_colours=colours)], camera
        )
        crossing = np.mean([points[0, :2].mean(0), points[0, 2:].mean(0)], axis=0)
        assert hue_angle(at(picture, camera, crossing), front) < 0.25


def _seen_from_behind() -> Camera:
    return look_at("behind", np.array([0.0, 4.0, 1.0]), np.array([0.0, 0.0, 1.0]), fov_deg=40, image_size=SIZE)


def test_truth_is_grey_and_a_model_has_its_colour(renderer):
    truth = stick("truth", (-0.5, 0, 0.6), (-0.5, 0, 1.4), colour=None)
    model = stick("model", (0.5, 0, 0.6), (0.5, 0, 1.4), colour=BLUE)
    for theme in THEMES:
        picture = draw(renderer, [truth, model], theme=theme)
        grey = at(picture, FRONT, (-0.5, 0, 1.0))
        assert grey.max() - grey.min() < 0.08
        assert hue_angle(at(picture, FRONT, (0.5, 0, 1.0)), BLUE) < 0.25


def test_left_is_lighter_than_right(renderer):
    two = Skeleton("two", ("m", "l", "r"), (-1, 0, 0), left=(1,), right=(2,))
    points = np.array([[[0, 0, 1.0], [0.6, 0, 1.0], [-0.6, 0, 1.0]]])
    picture = draw(renderer, [SkeletonItem("x", "x", two, np.zeros(1), points, colour=ORANGE)])
    assert at(picture, FRONT, (0.5, 0, 1)).mean() > 1.25 * at(picture, FRONT, (-0.5, 0, 1)).mean()


def test_the_background_follows_the_theme(renderer):
    for name, theme in THEMES.items():
        picture = draw(renderer, [person()], theme=name)
        assert np.abs(picture[2, 2] - theme.background).max() < 0.02


def test_a_person_is_lit_from_every_side(renderer):
    light = []
    for azimuth in np.radians(np.arange(0, 360, 30)):
        orbit = Orbit(azimuth=float(azimuth), elevation=0.1, distance=4.0)
        picture = draw(renderer, [person(colour=ORANGE)], orbit.camera(SIZE))
        light.append(np.median(picture[..., 0][picture[..., 0] - picture[..., 2] > 0.2]))
    assert min(light) > 0.5
    assert min(light) > 0.75 * max(light)


def test_the_triad_stands_in_the_corner_and_points_along_the_axes(renderer):
    size = (640, 480)
    for azimuth, right_of_origin in ((0.0, "x"), (np.pi / 2, "y")):
        picture = draw(renderer, [], Orbit(azimuth=azimuth, elevation=0.1).camera(size), size=size)
        vivid = np.ptp(picture, axis=-1) > 0.35
        nearest = np.argmax(picture @ (COLOURS / np.linalg.norm(COLOURS, axis=-1, keepdims=True)).T, axis=-1)
        x, y, z = (np.argwhere(vivid & (nearest == axis)) for axis in range(3))
        corner = np.concatenate([x, y, z])
        assert len(x) > 10 and len(y) > 10 and len(z) > 10
        assert (corner[:, 0] > 360).all() and (corner[:, 1] < 120).all()
        assert z[:, 0].min() < min(x[:, 0].min(), y[:, 0].min())  # z is up
        reach = {"x": x[:, 1].max(), "y": y[:, 1].max()}
        assert max(reach, key=reach.__getitem__) == right_of_origin


def test_lines_lie_a_metre_apart_on_the_floor(renderer):
    size = (400, 400)
    camera = Orbit(azimuth=0.0, elevation=np.pi / 2, distance=6.0, target=(0.0, 0.0, 0.0)).camera(size)
    picture = draw(renderer, [], camera, size=size).mean(-1)
    row = picture[int(camera.project(np.array([0.0, 0.5, 0.0]))[0][1])]  # between two lines along x
    for x in (-1.0, 0.0, 1.0):
        place = int(camera.project(np.array([x, 0.5, 0.0]))[0][0])
        between = int(camera.project(np.array([x + 0.125, 0.5, 0.0]))[0][0])
        assert row[place - 2 : place + 3].max() > row[between] + 0.06


def test_a_person_casts_a_shadow_where_the_feet_are(renderer):
    camera = Orbit(elevation=0.5, distance=6.0).camera(SIZE)
    with_person, alone = draw(renderer, [person()], camera, "light"), draw(renderer, [], camera, "light")
    under, away = (-0.05, 0.25, 0.0), (1.5, 0.0, 0.0)
    assert at(with_person, camera, under).mean() < at(alone, camera, under).mean() - 0.05
    assert np.abs(at(with_person, camera, away) - at(alone, camera, away)).max() < 0.02


def test_unknown_joints_and_hidden_items_are_not_drawn(renderer):
    nobody = draw(renderer, [])
    unknown = stick("a", (0.0, 0, 0.5), (np.nan, np.nan, np.nan))
    hidden = stick("b", (-0.5, 0, 1.0), (0.5, 0, 1.0), visible=False)
    picture = draw(renderer, [unknown, hidden])
    assert np.abs(picture - nobody)[: SIZE[1] // 2].max() < 0.02


def test_a_moment_moves_the_person_who_holds_each_pose_until_the_next(renderer):
    poses = np.array([[[-0.5, 0, 0.6], [-0.5, 0, 1.4]], [[0.5, 0, 0.6], [0.5, 0, 1.4]]])
    moving = SkeletonItem("m", "m", STICK, np.array([0.0, 0.5]), poses, colour=BLUE)
    renderer.set_style(SIZE, legend=False)
    renderer.set_items([moving])
    for seconds, here, there in ((0.0, -0.5, 0.5), (0.4, -0.5, 0.5), (0.5, 0.5, -0.5), (7.0, 0.5, -0.5)):
        picture = renderer.render(seconds, FRONT) / 255
        assert hue_angle(at(picture, FRONT, (here, 0, 1.0)), BLUE) < 0.25
        assert np.abs(at(picture, FRONT, (there, 0, 1.0)) - THEMES["dark"].background).max() < 0.1


def test_a_picture_of_another_shape_shows_all_of_the_cameras_picture(renderer):
    item = stick("a", (-0.5, 0, 1.2), (0.5, 0, 1.2), colour=BLUE)
    small, wide = draw(renderer, [item]), draw(renderer, [item], size=(800, 480))
    width = [np.ptp(np.argwhere((p[: len(p) // 2, :, 2] - p[: len(p) // 2, :, 0] > 0.2).any(0))) for p in (small, wide)]
    assert width[1] == pytest.approx(2 * width[0], abs=3)


def test_picking_returns_the_joint_that_is_drawn_there(renderer):
    items = [person(), person((0.8, 0.0, 0.0), BLUE)]
    for item in items:
        pixels, _ = FRONT.project(item.at(0))
        for joint in (3, 10, 13, 16):
            x, y = pixels[joint]
            assert pick(items, 0, FRONT, (x + 3, y - 2)) == (item.key, joint)
    assert pick(items, 0, FRONT, (5.0, 5.0)) is None


def test_the_legend_is_written_into_pictures(renderer, qapp):
    items = [person(), person((0.8, 0.0, 0.0), BLUE)]
    plain = draw(renderer, items, size=(640, 480))
    renderer.set_style((640, 480), legend=True)
    written = np.abs(renderer.render(0, FRONT) / 255 - plain).max(-1) > 0.05
    rows, columns = np.nonzero(written)
    assert len(rows) > 100 and rows.max() < 90 and columns.max() < 240


@pytest.mark.parametrize("theme", THEMES)
def test_a_bone_of_a_known_error_has_the_colour_of_the_scale(renderer, theme):
    from app.look.error_colours import error_colours

    seen = []
    for millimetres in (0.0, 50.0, 100.0, 150.0):
        colours = error_colours(np.full((1, 2), millimetres))
        item = stick("a", (-0.6, 0.0, 0.9), (0.6, 0.0, 0.9), joint_colours=colours)
        bone = at(draw(renderer, [item], theme=theme), FRONT, (0.0, 0.0, 0.9))
        wanted = colours[0, 0] / np.linalg.norm(colours[0, 0])
        assert np.arccos(np.clip(bone @ wanted / np.linalg.norm(bone), -1, 1)) < 0.1
        seen.append(bone.mean())
    assert np.all(np.diff(seen) > 0.03)


def test_a_bone_blends_from_one_joints_error_to_the_others(renderer):
    from app.look.error_colours import error_colours

    colours = error_colours(np.array([[0.0, 150.0]]))
    picture = draw(renderer, [stick("a", (-0.6, 0.0, 1.0), (0.6, 0.0, 1.0), joint_colours=colours)])
    reds = [at(picture, FRONT, (x, 0.0, 1.0))[0] for x in (-0.45, -0.15, 0.15, 0.45)]
    assert np.all(np.diff(reds) > 0.05)


def test_a_marked_joint_is_drawn_larger(renderer):
    ends = (-0.6, 0.0, 1.0), (0.6, 0.0, 1.0)

    def height(marked, x):
        people = [], [stick("a", *ends, marked=marked)]
        nobody, picture = (draw(renderer, items, size=(1280, 960)) for items in people)
        column = int(4 * FRONT.project(np.array([x, 0.0, 1.0]))[0][0])
        return (np.abs(picture - nobody)[:600, column].max(-1) > 0.15).sum()

    assert height(1, 0.6) > 1.6 * height(None, 0.6)
    assert height(1, -0.6) == height(None, -0.6)


def test_a_grid_shows_each_group_in_its_part_of_the_picture(renderer):
    left, right = (stick(c, (-0.5, 0, 1.0), (0.5, 0, 1.0), colour=c) for c in (ORANGE, BLUE))
    renderer.set_style((642, 240), legend=False)
    renderer.set_views([[left], [right]])
    width, height = renderer.view_size
    assert width == 320 and height < 240
    picture = renderer.render(0, FRONT) / 255
    middle = height / 240 * (FRONT.project(np.array([0.0, 0.0, 1.0]))[0][1] - 120) + 240 - height / 2
    assert hue_angle(picture[int(middle), 160], ORANGE) < 0.2
    assert hue_angle(picture[int(middle), 482], BLUE) < 0.2
    renderer.set_views([[left]])
    assert renderer.view_size == (642, 240)
