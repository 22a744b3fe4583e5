"""Arms bent so that the hands are where they were seen: an option behind SSD-Poser's networks.

A network's rotations put the hands near the controllers, not on them. This turns shoulder and elbow of each seen hand
by the least that reaches its place, and gives the wrist the seen rotation. The hands' error is then only what the arm
cannot reach. The rest of the body stays; the arms' rotations may come nearer to the truth or go farther from it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.motion.kinematics import forward_kinematics
from engine.motion.pose import BodyPose
from engine.motion.rotations import conjugate, multiply, rotate
from engine.motion.skeleton import SMPL_24
from engine.motion.two_bones import arc, reach
from engine.observation.trackers import HEADSET, TrackerSignals

Float = NDArray[np.float64]

ARMS = {
    f"{side} hand": tuple(SMPL_24.index(f"{side} {joint}") for joint in ("collar", "shoulder", "elbow", "wrist"))
    for side in ("left", "right")
}


def with_seen_hands(pose: BodyPose, offsets: Float, seen: TrackerSignals) -> BodyPose:
    """The pose with each hand that was seen at its place, as far as its arm reaches. offsets (24, 3) of its bones."""
    assert pose.root is not None
    places, turned = forward_kinematics(SMPL_24, pose.rotations, offsets, pose.root)
    rotations = pose.rotations.copy()
    for hand, (collar, shoulder, elbow, wrist) in ARMS.items():
        tracker = HEADSET.index(hand)
        at = places[:, shoulder]
        new_elbow, new_wrist = reach(at, places[:, elbow], places[:, wrist], seen.positions[:, tracker])
        lift = arc(places[:, elbow] - at, new_elbow - at)
        bend = arc(rotate(lift, places[:, wrist] - places[:, elbow]), new_wrist - new_elbow)
        upper = multiply(lift, turned[:, shoulder])
        lower = multiply(bend, multiply(lift, turned[:, elbow]))
        local = {
            shoulder: multiply(conjugate(turned[:, collar]), upper),
            elbow: multiply(conjugate(upper), lower),
            wrist: multiply(conjugate(lower), seen.rotations[:, tracker]),
        }
        for joint, found in local.items():
            rotations[:, joint] = np.where(seen.valid[:, tracker, None], found, rotations[:, joint])
    return replace(pose, rotations=rotations)
