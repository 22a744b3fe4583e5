"""glTF read back by the definitions of its specification, without a library; in a browser: tests/browser."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from motion_fakes import of_pose, person
from scipy.spatial.transform import Rotation

from engine.body import library
from engine.body.model import FROM_SMPL
from engine.body.skinning import posed_vertices
from engine.export.motion.formats import FORMATS
from engine.export.motion.gltf import continuous, strongest
from engine.motion.skeleton import SMPL_24

MM = 1e-3
TYPES = {5121: np.uint8, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    """A file's JSON and its accessors as arrays."""

    def __init__(self, path):
        data = path.read_bytes()
        magic, version, length, size, kind = struct.unpack("<4sIII4s", data[:20])
        assert (magic, version, length, kind) == (b"glTF", 2, len(data), b"JSON")
        self.json = json.loads(data[20 : 20 + size])
        binary, kind = struct.unpack("<I4s", data[20 + size : 28 + size])
        assert kind == b"BIN\0" and size % 4 == 0 and binary % 4 == 0
        self.binary = data[28 + size :]

    def array(self, index):
        accessor = self.json["accessors"][index]
        view = self.json["bufferViews"][accessor["bufferView"]]
        assert view["byteOffset"] % 4 == 0
        kind, width = TYPES[accessor["componentType"]], WIDTHS[accessor["type"]]
        raw = self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
        array = np.frombuffer(raw, kind).reshape(accessor["count"], width)
        if "min" in accessor:
            np.testing.assert_array_equal(array.min(0), np.array(accessor["min"], kind))
            np.testing.assert_array_equal(array.max(0), np.array(accessor["max"], kind))
        return array

    def worlds(self, frame):
        """(N, 4, 4) of every node with the animation at one of its key frames."""
        nodes = [dict(node) for node in self.json["nodes"]]
        for channel in self.json["animations"][0]["channels"]:
            sampler = self.json["animations"][0]["samplers"][channel["sampler"]]
            nodes[channel["target"]["node"]][channel["target"]["path"]] = self.array(sampler["output"])[frame]
        found = {}

        def walk(index, above):
            node = nodes[index]
            local = np.eye(4)
            local[:3, :3] = Rotation.from_quat(node.get("rotation", [0, 0, 0, 1])).as_matrix()
            local[:3, 3] = node.get("translation", [0, 0, 0])
            found[index] = above @ local
            for child in node.get("children", []):
                walk(child, found[index])

        for top in self.json["scenes"][0]["nodes"]:
            walk(top, np.eye(4))
        return np.array([found[k] for k in range(len(nodes))])

    def skinned(self, frame):
        """(V, 3) of the mesh at a key frame, glTF's own formula."""
        skin = self.json["skins"][0]
        binds = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        matrices = self.worlds(frame)[skin["joints"]] @ binds
        attributes = self.json["meshes"][0]["primitives"][0]["attributes"]
        points = np.pad(self.array(attributes["POSITION"]), ((0, 0), (0, 1)), constant_values=1)
        joints, weights = self.array(attributes["JOINTS_0"]), self.array(attributes["WEIGHTS_0"])
        return np.einsum("vk,vkab,vb->va", weights, matrices[joints], points)[:, :3]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    motion = person(20)
    path = tmp_path_factory.mktemp("glb") / "walk.glb"
    FORMATS["glb"].write(motion, path)
    return motion, Glb(path)


def test_joints_are_where_the_pose_has_them(exported):
    motion, glb = exported
    for frame in (0, 7, 19):
        places = glb.worlds(frame)[:24, :3, 3] @ FROM_SMPL.T
        assert np.abs(places - motion.joints.positions[frame]).max() < 1e-6
    times = glb.array(glb.json["animations"][0]["samplers"][0]["input"])[:, 0]
    np.testing.assert_allclose(times, motion.joints.times, rtol=0, atol=1e-6)


def test_the_skin_is_the_program_s_without_pose_directions(tmp_path):
    plain = replace(tube_body(), name="plain", pose_directions=np.zeros_like(tube_body().pose_directions))
    library.add(plain)
    pose = random_pose(5, "plain")
    pose = replace(pose, offsets=1.08 * plain.offsets(pose.shape))
    done = FORMATS["glb"].write(of_pose(pose), tmp_path / "a.glb")
    assert not any("pose directions" in note for note in done.notes)
    wanted = posed_vertices(plain, pose)
    glb = Glb(tmp_path / "a.glb")
    for frame in range(5):
        assert np.abs(glb.skinned(frame) @ FROM_SMPL.T - wanted[frame]).max() < 1e-5


def test_a_clip_in_the_middle_of_another_begins_at_zero(tmp_path):
    motion = person(20).take(slice(5, 9))
    FORMATS["glb"].write(motion, tmp_path / "a.glb")
    glb = Glb(tmp_path / "a.glb")
    times = glb.array(glb.json["animations"][0]["samplers"][0]["input"])[:, 0]
    np.testing.assert_allclose(times, np.arange(4) / 60, atol=1e-7)
    assert glb.json["asset"]["extras"]["first_frame_s"] == pytest.approx(5 / 60)


def test_what_is_stated(exported):
    said = exported[1].json["asset"]["extras"]
    assert exported[1].json["asset"]["generator"].startswith("Kinestate ")
    assert (said["unit"], said["rate_hz"], said["frames"], said["source"]) == ("metres", 60.0, 20, "walk.bvh")
    assert "Y up" in said["axes"] and "Corrective pose directions" in said["notes"][-1]
    assert said["body_about"] == "Made of tubes." and said["first_frame_s"] == 0


def test_only_the_four_largest_weights_are_kept():
    random = np.random.default_rng(0)
    weights = random.dirichlet(np.full(24, 0.1), 50)
    joints, kept, lost = strongest(weights)
    assert joints.shape == kept.shape == (50, 4)
    np.testing.assert_allclose(kept.sum(1), 1)
    fifth = np.sort(weights, axis=1)[:, -5]
    assert lost == fifth.max()
    for v in range(50):
        np.testing.assert_allclose(kept[v], np.sort(weights[v])[::-1][:4] / np.sort(weights[v])[::-1][:4].sum())
    few = np.zeros((1, 24))
    few[0, 7] = 1
    assert strongest(few)[0].tolist() == [[7, 0, 0, 0]] and strongest(few)[2] == 0


def test_normals_point_outwards(exported):
    """Of the tubes: away from their axes; on average, as their surfaces are rough."""
    _, glb = exported
    attributes = glb.json["meshes"][0]["primitives"][0]["attributes"]
    points, found = glb.array(attributes["POSITION"]), glb.array(attributes["NORMAL"])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    triangles = glb.array(glb.json["meshes"][0]["primitives"][0]["indices"]).reshape(-1, 3)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    assert np.sum(found[triangles[:, 0]] * faces, axis=1).mean() > 0


def test_rotations_follow_each_other_the_shorter_way():
    rotations = person(60, amount=2.5).body.rotations.copy()
    rotations[::3] *= -1
    turned = continuous(rotations)
    assert (np.sum(turned[1:] * turned[:-1], axis=-1) >= 0).all()
    np.testing.assert_allclose(np.abs(np.sum(turned * rotations, axis=-1)), 1)
    assert len(SMPL_24) == turned.shape[1]
