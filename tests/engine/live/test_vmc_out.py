"""The predicted body as others receive it."""

from __future__ import annotations

import socket

import numpy as np
from body_fakes import random_pose
from live_fakes import swaying
from pythonosc.osc_packet import OscPacket

from engine.body.library import body
from engine.live.frame import Found, PictureFrame
from engine.live.osc.packets import packet
from engine.live.osc.vmc import from_unity
from engine.live.tick import Tick
from engine.live.vmc_out import BONES, BodySender, body_messages
from engine.motion.rotations import quat_to_matrix
from engine.motion.skeleton import SMPL_24


def bones(datagram: bytes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Local places and rotations in our axes, read by another library."""
    given = [m.message for m in OscPacket(datagram).messages]
    assert [m.params for m in given if m.address == "/VMC/Ext/OK"] == [[1]]
    (root,) = [m.params for m in given if m.address == "/VMC/Ext/Root/Pos"]
    assert root == ["root", 0, 0, 0, 0, 0, 0, 1]
    return {
        m.params[0]: from_unity(np.array(m.params[1:4]), np.array(m.params[4:8]))
        for m in given
        if m.address == "/VMC/Ext/Bone/Pos"
    }


def test_reading_the_body_back() -> None:
    pose = random_pose(1, "kinestate")
    found = bones(packet(body_messages(pose, 0.5)))
    assert len(found) == len(BONES) == 22
    assert np.abs(found["Hips"][0] - pose.root[0]).max() < 1e-6
    offsets = body("kinestate").offsets(pose.shape)
    for joint, bone in BONES.items():
        assert np.abs(quat_to_matrix(found[bone][1]) - quat_to_matrix(pose.rotations[0, joint])).max() < 1e-6
        if joint:
            assert np.abs(found[bone][0] - offsets[joint]).max() < 1e-6


def test_left_is_unitys_left() -> None:
    """In Unity x points to the right of a person who faces z: the left hip lies at negative x, the toes ahead."""
    sent = dict((given[0], given[1:4]) for _, given in body_messages(random_pose(1, "kinestate"), 0.0)[3:])
    assert sent["LeftUpperLeg"][0] < -0.02 and sent["RightUpperLeg"][0] > 0.02
    assert sent["Spine"][1] > 0.05 and sent["LeftToes"][2] > 0.05


def test_names_are_unitys() -> None:
    assert BONES[SMPL_24.index("left collar")] == "LeftShoulder"
    assert BONES[SMPL_24.index("right shoulder")] == "RightUpperArm"
    assert BONES[SMPL_24.index("left foot")] == "LeftToes"


def test_a_tick_is_sent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5.0)
        sender = BodySender(receiver.getsockname()[1])
        pose = random_pose(1, "kinestate")
        sender(Tick(0.25, swaying(1), 1.0, pose, 0.0, 0))
        found = bones(receiver.recv(65535))
        assert np.abs(found["Hips"][0] - pose.root[0]).max() < 1e-6
        sender.close()


def test_of_several_people_the_chosen_one_is_sent() -> None:
    black = PictureFrame(0.0, 0.0, np.zeros((48, 64, 3), np.uint8), 0)
    found = Found(black, (), 1, (), 0.0, 0.0, (4, 7), frozenset((4, 7)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sender, sent = BodySender(receiver.getsockname()[1]), []
        for person in (4, 7):
            pose = random_pose(person, "kinestate")
            sender(Tick(0.25, swaying(1), 1.0, pose, 0.0, 0, found=found, person=person))
            sent.append(packet(body_messages(pose, 0.25)))
        sender.close()
        assert receiver.recv(65536) == sent[1]
