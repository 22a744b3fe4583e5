"""The body that the generated clips move: its measures, its joint angles, and from them H36M-17 positions.

The trunk, the head and the arms follow angles; a leg follows its ankle, which is where the foot put it.
Trunk angles are those of the segments against the heading, not against each other, so that a head stays
level while the chest under it turns. Body axes: X to the subject's left, Y to the back, Z up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.rotations import euler_to_quat, multiply, rotate
from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]
Channels = dict[str, Float]

SKELETON = H36M_17

# Metres; means of training subjects scaled to a stature of 1.75 m and made symmetric.
HIP = np.array([0.088, 0.0, 0.0])  # left hip from the pelvis
THIGH, SHANK = 0.437, 0.442
SPINE, CHEST = 0.262, 0.290  # pelvis to spine, spine to thorax
NOSE = np.array([0.0, -0.035, 0.111])  # from the thorax, in the head's axes
HEAD_TOP = np.array([0.0, 0.0, 0.223])
SHOULDER = np.array([0.186, 0.006, -0.014])  # left shoulder from the thorax
UPPER_ARM, FOREARM = 0.300, 0.290

# The standing pose: metres and degrees, and the range that each channel must stay in. Per side: flex forwards
# and abd sideways turn the upper arm, rot turns it inwards about itself, lift raises the shoulder, reach
# brings it forwards; knee_out turns the knee outwards of where pelvis and foot point.
STANDING: dict[str, tuple[float, float, float]] = {
    "side": (0.0, -0.4, 0.4),  # of the pelvis from its path, to the left
    "ahead": (0.03, -0.6, 1.2),
    "height": (0.947, 0.3, 1.5),
    "pelvis_yaw": (0.0, -40, 40),
    "pelvis_roll": (0.0, -15, 15),
    "low_pitch": (-9.0, -30, 75),  # pelvis to spine
    "low_roll": (0.0, -30, 30),
    "up_pitch": (1.5, -25, 90),  # spine to thorax
    "up_roll": (0.0, -35, 35),
    "chest_yaw": (0.0, -55, 55),
    "chest_roll": (0.0, -25, 25),
    "head_yaw": (0.0, -80, 80),
    "head_pitch": (6.0, -45, 75),
    "head_roll": (0.0, -25, 25),
} | {
    f"{side}_{angle}": limits
    for side in ("left", "right")
    for angle, limits in {
        "flex": (0.0, -60, 175),
        "abd": (5.0, -20, 120),
        "rot": (-8.0, -95, 70),
        "elbow": (20.0, 3, 150),
        "lift": (0.0, -8, 35),
        "reach": (0.0, -20, 30),
        "knee_out": (4.0, -15, 40),
    }.items()
}
METRES = ("side", "ahead", "height")
KNEE = (np.radians(2.0), np.radians(155.0))  # how far a knee may bend


def standing(frames: int) -> Channels:
    """Every channel at its standing value, (frames,) each: metres, angles in radians."""
    return {
        name: np.full(frames, value if name in METRES else np.radians(value))
        for name, (value, _, _) in STANDING.items()
    }


def positions(channels: Channels, path: Float, heading: Float, ankles: Float, toes: Float) -> Float:
    """Joint positions (T, 17, 3) metres, world.

    channels  STANDING's names -> (T,) metres, radians
    path      (T, 2) metres: where the pelvis would be without side and ahead
    heading   (T,) radians, counter-clockwise from facing -Y
    ankles    (2, T, 3) metres, left and right
    toes      (2, T) radians: where the feet point, as heading
    Raises ValueError when a joint limit is exceeded or a leg is too short for its foot.
    """
    for name, (_, low, high) in STANDING.items():
        values = channels[name] if name in METRES else np.degrees(channels[name])
        if values.min() < low or values.max() > high:
            raise ValueError(f"{name} reaches {values.min():.3f} .. {values.max():.3f}, allowed {low} .. {high}")

    c = channels
    out = np.empty((len(path), len(SKELETON), 3))
    at = SKELETON.index
    zero = np.zeros(len(path))

    def turned(yaw: Float, roll: Float, pitch: Float) -> Float:
        return euler_to_quat(np.stack([heading + yaw, roll, pitch], -1), "ZYX")

    shift = rotate(turned(zero, zero, zero), np.stack([c["side"], -c["ahead"], c["height"]], -1))
    pelvis = out[:, at("pelvis")] = shift + np.pad(path, ((0, 0), (0, 1)))
    up = np.array([0.0, 0.0, 1.0])
    spine = pelvis + SPINE * rotate(turned(c["pelvis_yaw"], c["low_roll"], c["low_pitch"]), up)
    thorax = spine + CHEST * rotate(turned(c["pelvis_yaw"], c["up_roll"], c["up_pitch"]), up)
    head = turned(c["head_yaw"], c["head_roll"], c["head_pitch"])
    out[:, at("spine")], out[:, at("thorax")] = spine, thorax
    out[:, at("nose")], out[:, at("head top")] = thorax + rotate(head, NOSE), thorax + rotate(head, HEAD_TOP)

    hips = turned(c["pelvis_yaw"], c["pelvis_roll"], zero)
    chest = turned(c["chest_yaw"], c["chest_roll"], c["up_pitch"])
    for k, (side, sign) in enumerate((("left", 1.0), ("right", -1.0))):
        mirror = np.array([sign, 1.0, 1.0])
        girdle = multiply(
            chest, euler_to_quat(np.stack([-sign * c[f"{side}_lift"], -sign * c[f"{side}_reach"]], -1), "YZ")
        )
        shoulder = thorax + rotate(girdle, SHOULDER * mirror)
        turns = np.stack([-c[f"{side}_flex"], -sign * c[f"{side}_abd"], -sign * c[f"{side}_rot"]], -1)
        arm = multiply(chest, euler_to_quat(turns, "XYZ"))
        elbow = shoulder + rotate(arm, np.array([0.0, 0.0, -UPPER_ARM]))
        bend = c[f"{side}_elbow"]
        wrist = elbow + FOREARM * rotate(arm, np.stack([zero, -np.sin(bend), -np.cos(bend)], -1))
        hip = pelvis + rotate(hips, HIP * mirror)
        points = (heading + c["pelvis_yaw"] + toes[k]) / 2 + sign * c[f"{side}_knee_out"]
        knee = bend_leg(hip, ankles[k], np.stack([np.sin(points), -np.cos(points), zero], -1))
        for joint, place in (
            ("shoulder", shoulder), ("elbow", elbow), ("wrist", wrist),
            ("hip", hip), ("knee", knee), ("ankle", ankles[k]),
        ):  # fmt: skip
            out[:, at(f"{side} {joint}")] = place
    return out


def bend_leg(hip: Float, ankle: Float, forwards: Float) -> Float:
    """Knees (T, 3) metres of legs of length THIGH, SHANK between hip and ankle (T, 3).

    forwards (T, 3): the side on which the knee lies. Raises ValueError outside of KNEE's range.
    """
    line = ankle - hip
    length = np.linalg.norm(line, axis=-1)
    cosine = (THIGH**2 + SHANK**2 - length**2) / (2 * THIGH * SHANK)
    bend = np.pi - np.arccos(np.clip(cosine, -1.0, 1.0))
    if bend.min() < KNEE[0] or bend.max() > KNEE[1]:
        worst = np.degrees([bend.min(), bend.max()])
        raise ValueError(
            f"a knee bends by {worst[0]:.1f} .. {worst[1]:.1f} degrees (frames {bend.argmin()}, {bend.argmax()})"
        )
    along = line / length[:, None]
    ahead = forwards - np.sum(forwards * along, -1, keepdims=True) * along
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    down = (length**2 + THIGH**2 - SHANK**2) / (2 * length)
    return np.asarray(hip + down[:, None] * along + np.sqrt(THIGH**2 - down**2)[:, None] * ahead)
