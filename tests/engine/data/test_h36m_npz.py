"""Human3.6M in VideoPose3D's layout, and its cameras."""

from dataclasses import replace

import motion_samples as samples
import numpy as np
import pytest

from engine.data.formats import h36m_npz
from engine.data.formats.h36m_cameras import LENSES, PLACES, h36m_cameras, project_as_published
from engine.errors import InputError
from engine.motion.skeleton import COCO_17, H36M_17


def test_3d(tmp_path):
    path = samples.h36m_3d(tmp_path / "data_3d_h36m.npz")
    assert h36m_npz.contents(path) == ["S1/Walking 1", "S9/Sitting"]
    clip = h36m_npz.read(path, select="S1/Walking 1")
    np.testing.assert_array_equal(clip.positions, samples.walking())  # 17 of 32, metres, Z up: nothing to convert
    np.testing.assert_allclose(clip.times, np.arange(6) / 50)
    assert clip.skeleton == H36M_17
    assert (clip.name, clip.subject, clip.category) == ("data_3d_h36m S1/Walking 1", "S1", "Walking 1")
    assert [c.name for c in clip.cameras] == ["54138969", "55011271", "58860488", "60457274"]
    assert len(h36m_npz.read(path, select="S9/Sitting")) == 3


def test_the_first_sequence_is_the_default_and_said_so(tmp_path):
    clip = h36m_npz.read(samples.h36m_3d(tmp_path / "a.npz"))
    assert clip.subject == "S1"
    assert clip.provenance.notes == ("First of 2 sequences.",)


def test_overrides(tmp_path):
    path = samples.h36m_3d(tmp_path / "a.npz")
    clip = h36m_npz.read(path, rate_hz=25, unit="mm", up="Y")
    x, y, z = np.moveaxis(samples.walking(), -1, 0)
    np.testing.assert_allclose(clip.positions, np.stack([x, -z, y], -1) / 1000)
    assert clip.provenance.rate == "25 Hz as given"
    assert clip.cameras == ()  # they would no longer fit


def test_2d(tmp_path):
    path = samples.h36m_2d(tmp_path / "data_2d_h36m_gt.npz")
    assert h36m_npz.contents(path)[1] == "S1/Walking 1/55011271"
    seen = h36m_npz.read(path, select="S1/Walking 1/60457274")
    np.testing.assert_array_equal(seen.xy[0, :, 0], 300 + np.arange(17))
    assert seen.image_size == (1000, 1002)
    assert seen.camera is not None and seen.camera.name == "60457274"
    assert (seen.confidence == 1).all()
    assert seen.skeleton == H36M_17


def test_2d_in_coco_order(tmp_path):
    seen = h36m_npz.read(samples.h36m_2d(tmp_path / "a.npz", layout="coco"))
    assert seen.skeleton == COCO_17


@pytest.mark.parametrize("subject", PLACES)
def test_cameras_look_at_the_subject(subject):
    for camera in h36m_cameras(subject):
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-8)
        assert np.linalg.det(camera.rotation) > 0
        pixels, depth = camera.project(np.array([[0.0, 0.0, 0.2], [0.0, 0.0, 1.7]]))
        assert (depth > 3.5).all() and (depth < 6.5).all()
        assert pixels[0, 1] > pixels[1, 1] + 200  # feet below the head
        assert (pixels > 0).all() and (pixels < 1000).all()


def test_known_numbers():
    """S1, camera 0, computed by hand from the specification's formula and table."""
    camera, lens = h36m_cameras("S1")[0], LENSES[0]
    w, x, y, z = 0.140705645, -0.150070176, -0.755240798, 0.622328043
    to_world = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    point = np.array([0.2, -0.3, 1.1])
    in_camera = to_world.T @ (point - np.array([1.8411071, 4.9552847, 1.5634454]))
    np.testing.assert_allclose(camera.to_camera(point), in_camera, atol=1e-7)
    px, py = in_camera[:2] / in_camera[2]
    r2, (k1, k2, k3), (p1, p2) = px * px + py * py, lens.radial, lens.tangential
    common = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3 + p1 * px + p2 * py
    expected = [
        1145.0494384765625 * (px * common + p1 * r2) + 512.54150390625,
        1143.7811279296875 * (py * common + p2 * r2) + 515.4514770507812,
    ]
    np.testing.assert_allclose(project_as_published(in_camera, lens), expected)


@pytest.mark.parametrize("index", range(4))
def test_the_camera_comes_nearest_to_the_published_form(index):
    camera, lens = h36m_cameras("S1")[index], LENSES[index]
    side = np.linspace(-0.43, 0.43, 25)
    points = np.stack([*np.meshgrid(side, side), np.ones((25, 25))], -1).reshape(-1, 3) * 4
    published = project_as_published(points, lens)

    def apart(other) -> np.ndarray:
        return np.linalg.norm(other.project(other.to_world(points))[0] - published, axis=1)

    assert apart(camera).max() < 0.5
    assert apart(camera).mean() < 0.12
    k1, k2, p1, p2, k3 = camera.distortion
    for factor in (1 / 0.7, 0.5 / 0.7, 0.0):  # the pair as it stands, halved, or left out
        assert apart(camera).mean() < apart(replace(camera, distortion=(k1, k2, factor * p1, factor * p2, k3))).mean()


def test_3d_and_2d_files_agree(tmp_path):
    """2D made by the published form from the 3D file is what the clip's own cameras see, to half a pixel."""
    clip = h36m_npz.read(samples.h36m_3d(tmp_path / "3d.npz"))
    views = [
        project_as_published(c.to_camera(clip.positions), lens) for c, lens in zip(clip.cameras, LENSES, strict=True)
    ]
    path = samples.h36m_2d(tmp_path / "2d.npz", {"S1": {"Walking 1": views}})
    for camera, name in zip(clip.cameras, h36m_npz.contents(path), strict=True):
        seen = h36m_npz.read(path, select=name)
        np.testing.assert_allclose(seen.xy, camera.project(clip.positions)[0], atol=0.5)


BAD_3D = [
    ({"S1": {"W": np.zeros((4, 20, 3))}}, r"S1/W is 4 x 20 x 3 where any x 17 x 3"),
    ({"S1": {"W": np.zeros((0, 32, 3))}}, r"S1/W is 0 x 32 x 3"),
    ({"S1": {"W": np.full((4, 32, 3), np.inf)}}, r"S1/W holds a value that is not finite"),
    ({"S1": {"W": None}}, r"S1/W is not an array of numbers"),
    ({"S1": {}}, r"positions_3d of S1 is not a table"),
    ({}, r"positions_3d is not a table"),
    ([1, 2], r"positions_3d is not a table"),
]


@pytest.mark.parametrize(("content", "message"), BAD_3D)
def test_bad_3d(tmp_path, content, message):
    with pytest.raises(InputError, match=rf"^a\.npz: {message}"):
        h36m_npz.read(samples.h36m_3d(tmp_path / "a.npz", content))


def test_bad_requests(tmp_path):
    path = samples.h36m_2d(tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"holds no sequence 'S2/Eating'; choose one of S1/Walking 1/54138969"):
        h36m_npz.read(path, select="S2/Eating")
    with pytest.raises(InputError, match="in pixels; leave out unit and up axis"):
        h36m_npz.read(path, unit="cm")
    for views in (3, [], np.array(3.0)):
        with pytest.raises(InputError, match="S1/Walking 1 is not a list of views"):
            h36m_npz.read(samples.h36m_2d(tmp_path / "b.npz", {"S1": {"Walking 1": views}}))
