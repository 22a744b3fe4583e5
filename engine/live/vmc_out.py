"""The predicted body for other programs, in the VMC protocol: bones of Unity's humanoid rig, local to their parents."""

from __future__ import annotations

import socket

import numpy as np

from engine.body.library import body
from engine.kinds import as_body
from engine.live.osc.packets import Message, packet
from engine.live.osc.vmc import unity_numbers
from engine.live.tick import Tick
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY
from engine.motion.skeleton import SMPL_24

OK, TIME, ROOT, BONE = "/VMC/Ext/OK", "/VMC/Ext/T", "/VMC/Ext/Root/Pos", "/VMC/Ext/Bone/Pos"
_TRUNK = {
    "pelvis": "Hips",
    "spine1": "Spine",
    "spine2": "Chest",
    "spine3": "UpperChest",
    "neck": "Neck",
    "head": "Head",
}
_LIMBS = {
    "hip": "UpperLeg",
    "knee": "LowerLeg",
    "ankle": "Foot",
    "foot": "Toes",
    "collar": "Shoulder",
    "shoulder": "UpperArm",
    "elbow": "LowerArm",
    "wrist": "Hand",
}
BONES = {SMPL_24.index(joint): bone for joint, bone in _TRUNK.items()} | {
    SMPL_24.index(f"{side} {joint}"): f"{side.title()}{bone}"
    for side in ("left", "right")
    for joint, bone in _LIMBS.items()
}
"""Unity's names by SMPL-24 joint; SMPL's hands, the ends of the fingers, have none."""


def body_messages(pose: BodyPose, time: float) -> list[Message]:
    """The first frame of a pose: the root at the world's origin, the hips' place in the world, the others' at rest."""
    offsets = body(pose.body).offsets(pose.shape) if pose.offsets is None else pose.offsets
    places = offsets.copy()
    places[0] = np.zeros(3) if pose.root is None else pose.root[0]
    messages: list[Message] = [(OK, [1]), (TIME, [time]), (ROOT, ["root", *unity_numbers(np.zeros(3), IDENTITY)])]
    for joint, bone in BONES.items():
        messages.append((BONE, [bone, *unity_numbers(places[joint], pose.rotations[0, joint])]))
    return messages


class BodySender:
    """Sends every tick whose prediction is a body to a port; use as a track's on_tick, or within one.

    Of several people, only whoever is chosen: the protocol knows one body.
    refused  why the last body was not sent; "" where all were
    """

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.refused = ""
        self._to = (address, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __call__(self, tick: Tick) -> None:
        pose = as_body(tick.prediction)
        if pose is not None and tick.of_chosen:
            try:
                self._socket.sendto(packet(body_messages(pose, tick.time)), self._to)
            except OSError as error:  # no such address, no such network: the run goes on
                self.refused = f"The body cannot be sent to {self._to[0]}:{self._to[1]}: {error.strerror or error}."

    def close(self) -> None:
        self._socket.close()
