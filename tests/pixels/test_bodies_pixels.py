"""What bodies look like in the 3D scene: the skin where the reference puts it, styles, ghosts, edges; software GL."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from body_fakes import random_pose, tube_body

from app.view3d.body_item import BodyItem
from app.view3d.camera_rig import Orbit
from app.view3d.items import SkeletonItem
from app.view3d.theme import THEMES, rgb
from engine.body.posed import PosedBody
from engine.body.skinning import posed_vertices
from engine.cameras.pinhole import Camera, look_at
from engine.motion.pose import BodyPose
from engine.motion.skeleton import SMPL_24

SIZE = (480, 360)
ORANGE, BLUE = "#e69f00", "#0072b2"
BODY = tube_body()
FRONT = look_at("front", np.array([0.0, -4.0, 1.0]), np.array([0.0, 0.0, 1.0]), fov_deg=34, image_size=SIZE)
STANDING = BodyPose(np.zeros(1), np.tile([1.0, 0, 0, 0], (1, 24, 1)), np.array([[0, 0, 0.95]]), np.zeros(10), "tubes")


@pytest.fixture(scope="module")
def renderer():
    try:
        from app.view3d.offscreen import Renderer

        return Renderer(SIZE, legend=False)
    except (RuntimeError, OSError, ImportError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")


def draw(renderer, items, camera: Camera = FRONT, theme: str = "dark") -> np.ndarray:
    """(H, W, 3) in [0, 1], the floor where nobody changes it."""
    renderer.set_style(SIZE, theme, legend=False)
    renderer.set_items(items)
    return renderer.render(0, camera, (0.0, 0.0, 0.0)) / 255


def person(pose: BodyPose = STANDING, key="body", colour=ORANGE, **more) -> BodyItem:
    return BodyItem(key, key, PosedBody(BODY, pose), colour=colour, **more)


def at(picture, point) -> np.ndarray:
    (x, y), _ = FRONT.project(np.asarray(point, float))
    return picture[int(y), int(x)]


def orange(picture) -> np.ndarray:
    return (picture[..., 0] - picture[..., 2] > 0.25).astype(np.uint8)


def painted(pose: BodyPose, camera: Camera, colours: np.ndarray) -> np.ndarray:
    """A picture (H, W) of the reference's vertices: which of their colours (V, 3) is strongest, from 1; 0: nobody."""
    pixels, depth = camera.project(posed_vertices(BODY, pose)[0])
    width, height = camera.image_size
    picture, nearest = np.zeros((height, width), np.uint8), np.full((height, width), np.inf)
    for face in BODY.faces:
        (ax, ay), (bx, by), (cx, cy) = corners = pixels[face]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area >= 0:  # seen from inside; y runs downwards
            continue
        (x0, y0), (x1, y1) = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
        x, y = np.arange(x0, x1) + 0.5, np.arange(y0, y1)[:, None] + 0.5
        b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
        c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
        shares = np.stack([1 - b - c, b, c], axis=-1)
        z, part = shares @ depth[face], np.s_[y0:y1, x0:x1]
        seen = (shares >= 0).all(-1) & (z < nearest[part])
        picture[part][seen] = (shares @ colours[face]).argmax(-1)[seen] + 1
        nearest[part][seen] = z[seen]
    return picture


def differs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where a pixel has a value that the other picture has nowhere within a pixel."""
    far = np.zeros(a.shape, bool)
    for value in np.union1d(np.unique(a), np.unique(b)):
        near = cv2.dilate((b == value).astype(np.uint8), np.ones((3, 3), np.uint8))
        far |= (a == value) & (near == 0)
    return far


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("azimuth", [0.0, 2.0])
def test_the_skin_is_where_the_reference_puts_it(renderer, seed, azimuth):
    pose = replace(random_pose(1, amount=0.5, seed=seed), shape=np.zeros(10))
    camera = Orbit(azimuth=azimuth, elevation=0.1, distance=4.0).camera(SIZE)
    colours = np.eye(3)[BODY.weights.argmax(1) % 3]  # neighbours along a limb differ
    picture = draw(renderer, [person(pose, skin_colours=lambda _: colours)], camera)
    seen = np.where(np.ptp(picture, axis=-1) > 0.2, picture.argmax(-1) + 1, 0).astype(np.uint8)
    wanted = painted(pose, camera, colours)
    seen[250:, :110] = wanted[250:, :110] = 0  # the axes stand there
    assert (wanted > 0).sum() > 5000
    assert differs(seen, wanted).sum() < 0.003 * (wanted > 0).sum()  # open ends of tubes show no inside here
    inside = cv2.erode((wanted > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (seen[inside] == wanted[inside]).mean() > 0.97


def test_a_body_at_rest_is_the_same_left_and_right(renderer):
    mask = orange(draw(renderer, [person()]))[:250]
    assert mask.sum() > 5000
    assert not differs(mask, mask[:, ::-1]).any()


@pytest.mark.parametrize("theme", THEMES)
def test_a_body_has_its_colour_and_the_truth_is_grey(renderer, theme):
    middle = np.array([0.0, 0.0, 1.25])
    seen = at(draw(renderer, [person()], theme=theme), middle)
    wanted = np.array(rgb(ORANGE))
    assert np.arccos(seen @ wanted / np.linalg.norm(seen) / np.linalg.norm(wanted)) < 0.2
    grey = at(draw(renderer, [person(colour=None)], theme=theme), middle)
    assert np.ptp(grey) < 0.08
    assert np.abs(grey - THEMES[theme].background).max() > 0.25


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_behind_shows_through_all_but_the_solid(renderer, theme):
    behind = np.array([0.0, 0.0, 1.25])
    nobody = at(draw(renderer, [], theme=theme), behind)
    seen = {s: at(draw(renderer, [person(style=s)], theme=theme), behind) for s in ("solid", "translucent", "ghost")}
    away = {style: np.abs(colour - nobody).max() for style, colour in seen.items()}
    assert away["solid"] > 1.3 * away["translucent"] > 1.3 * away["ghost"] > 0.1


def test_a_translucent_body_shows_nothing_of_its_inside(renderer):
    """An arm in front of the trunk, and the tube's far side, do not add to what is seen."""
    pose = replace(random_pose(1, amount=0.5, seed=1), shape=np.zeros(10))
    solid, thin = (orange_share(draw(renderer, [person(pose, style=s)])) for s in ("solid", "translucent"))
    known = cv2.erode((solid > 0.8).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert known.sum() > 1000
    assert np.percentile(thin[known], 99) < 1.0  # never as thick as two layers


def orange_share(picture) -> np.ndarray:
    """How much orange lies over the dark background."""
    return (picture[..., 0] - picture[..., 2]) / 0.7


def test_a_wire_body_leaves_holes_between_its_edges(renderer):
    near = look_at("near", np.array([0.0, -1.0, 1.2]), np.array([0.0, 0.0, 1.2]), fov_deg=25, image_size=SIZE)
    solid, wire = (orange(draw(renderer, [person(style=s)], near)) for s in ("solid", "wire"))
    assert not (wire.astype(bool) & (cv2.dilate(solid, np.ones((3, 3), np.uint8)) == 0)).any()
    assert 0.05 < wire.sum() / solid.sum() < 0.7


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("toward", [-0.3, 0.3])
def test_a_ghost_does_not_hide_a_prediction_wherever_it_stands(renderer, theme, toward):
    ghost = person(replace(STANDING, root=STANDING.root + (0.0, toward, 0.0)), "truth", None, style="ghost")
    model = person()
    skeleton = SkeletonItem(
        "s", "s", SMPL_24, np.zeros(1), PosedBody(BODY, STANDING).at(0).joints[None] + (0.0, 0.0, 0.0), colour=BLUE
    )
    middle = np.array([0.0, 0.0, 1.25])
    for alone, both in (([model], [ghost, model]), ([skeleton], [ghost, skeleton]), ([model], [model, ghost])):
        seen = at(draw(renderer, alone, theme=theme), middle), at(draw(renderer, both, theme=theme), middle)
        assert np.abs(seen[0] - seen[1]).max() < 0.01


@pytest.mark.parametrize("theme", THEMES)
def test_a_ghost_can_be_seen_beside_a_prediction(renderer, theme):
    ghost = person(replace(STANDING, root=STANDING.root + (0.3, 0.0, 0.0)), "truth", None, style="ghost")
    alone, both = draw(renderer, [person()], theme=theme), draw(renderer, [person(), ghost], theme=theme)
    assert np.abs(at(alone, (0.3, 0, 1.25)) - at(both, (0.3, 0, 1.25))).max() > 0.06


def test_the_nearer_of_two_bodies_hides_the_other_whoever_comes_first(renderer):
    near = person(replace(STANDING, root=np.array([[0.0, -0.5, 0.95]])), "near", BLUE)
    far = person(replace(STANDING, root=np.array([[0.0, 0.5, 1.3]])), "far")
    for items in ([near, far], [far, near]):
        picture = draw(renderer, items)
        blue, red = at(picture, (0, -0.5, 1.25)), at(picture, (0, 0.5, 1.85))
        assert blue[2] > blue[0] + 0.2 and red[0] > red[2] + 0.2


def test_bones_and_bodies_hide_each_other_by_depth(renderer):
    across = np.zeros((1, 24, 3)) + (0.0, -0.5, 1.25)
    across[0, 1:] = (0.4, -0.5, 1.25)
    for y, front in ((-0.5, BLUE), (0.5, ORANGE)):
        bones = SkeletonItem("s", "s", SMPL_24, np.zeros(1), across * (1, 1, 1) + (0, y + 0.5, 0), colour=BLUE)
        seen = at(draw(renderer, [person(), bones]), (0.02, y, 1.25))
        assert bool(seen[2] > seen[0]) is (front == BLUE)


def test_edges_are_smooth(renderer):
    """Across a slanted edge, pixels are partly covered; the body does not grow by it."""
    camera = Orbit(azimuth=0.2, elevation=0.05, distance=4.0).camera(SIZE)
    pose = replace(random_pose(1, amount=0.4, seed=2), shape=np.zeros(10))
    flat = person(pose, skin_colours=lambda _: np.broadcast_to([1.0, 0.6, 0.0], (len(BODY), 3)))
    picture = draw(renderer, [flat], camera)
    covered = painted(pose, camera, np.ones((len(BODY), 3)))[:300]
    red = picture[:300, :, 0]
    rim = (cv2.dilate(covered, np.ones((3, 3), np.uint8)) > 0) & (cv2.erode(covered, np.ones((3, 3), np.uint8)) == 0)
    inside = np.median(red[covered > 0])
    share = np.clip((red - 0.11) / (inside - 0.11), 0, 1)
    partly = (share > 0.15) & (share < 0.7) & rim
    assert partly.sum() > 0.2 * rim.sum()
    assert (share > 0.5).sum() == pytest.approx(covered.sum(), rel=0.08)


def test_a_body_casts_a_shadow_at_its_feet(renderer):
    camera = Orbit(elevation=0.5, distance=6.0).camera(SIZE)
    shadowed, alone = draw(renderer, [person()], camera, "light"), draw(renderer, [], camera, "light")

    def change(point):
        (x, y), _ = camera.project(np.array(point))
        return (alone - shadowed)[int(y), int(x)].mean()

    assert change((0.0, 0.35, 0.0)) > 0.05
    assert abs(change((2.0, 0.0, 0.0))) < 0.02


def test_a_moment_moves_the_body(renderer):
    times = np.array([0.0, 0.5])
    pose = BodyPose(times, np.tile(STANDING.rotations, (2, 1, 1)), np.array([[-0.5, 0, 0.95], [0.5, 0, 0.95]]),
                    np.zeros(10), "tubes")  # fmt: skip
    renderer.set_style(SIZE, legend=False)
    renderer.set_items([person(pose)])
    for seconds, here, there in ((0.0, -0.5, 0.5), (0.49, -0.5, 0.5), (0.5, 0.5, -0.5), (0.1, -0.5, 0.5)):
        mask = orange(renderer.render(seconds, FRONT, (0.0, 0.0, 0.0)) / 255)
        assert at(mask, (here, 0, 1.2)) and not at(mask, (there, 0, 1.2))


def test_a_body_that_goes_and_another_that_comes_are_drawn_as_they_are(renderer):
    """A pool of visuals is used again for another mesh, another number of them, another style."""
    small = replace(BODY, name="half", faces=BODY.faces[: len(BODY.faces) // 2])
    first = draw(renderer, [person(), person(replace(STANDING, root=STANDING.root + 0.3), "b", BLUE)])
    draw(renderer, [BodyItem("c", "c", PosedBody(small, STANDING), colour=BLUE, style="translucent")])
    assert np.abs(draw(renderer, []) - draw(renderer, [person(visible=False)])).max() == 0
    again = draw(renderer, [person(), person(replace(STANDING, root=STANDING.root + 0.3), "b", BLUE)])
    assert np.array_equal(first, again)


@pytest.mark.parametrize("style", ["solid", "wire", "translucent"])
def test_a_quick_canvas_shows_the_same_with_fewer_vertices(renderer, style):
    from app.view3d.coarse import coarse_later
    from app.view3d.egl import EglCanvas
    from app.view3d.scene import MotionScene

    pose = replace(random_pose(1, amount=0.4, seed=2), shape=np.zeros(10))
    colours = np.where(BODY.weights.argmax(1)[:, None] % 2, [1.0, 0.6, 0.0], [1.0, 0.5, 0.1])
    item = person(pose, style=style, skin_colours=lambda _: colours)
    seen = []
    for quick in (False, True, True):
        canvas = EglCanvas(SIZE, quick=quick)
        scene = MotionScene(canvas)
        scene.set_items([item], 0.0)
        scene.set_camera(FRONT, (0.0, 0.0, 0.0))
        if quick:
            coarse_later(BODY).result()
            canvas.picture()  # the mesh changes while it is shown
            scene.set_time(0.0)
        seen.append(canvas.picture()[::-1, :, 2::-1] / 255)
    mask, coarse_mask = orange(seen[0]).astype(bool), orange(seen[1]).astype(bool)
    assert np.array_equal(seen[1], seen[2])
    if style != "wire":
        assert (mask & coarse_mask).sum() > 0.94 * (mask | coarse_mask).sum()
        assert np.abs(seen[0] - seen[1])[mask & coarse_mask].mean() < 0.05
