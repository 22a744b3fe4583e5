"""Names of joints and of markers on the skin, as programs and laboratories write them, in lower case without marks."""

from __future__ import annotations

_JOINTS = {
    "hip": ("hip",), "knee": ("knee",), "ankle": ("ankle",), "shoulder": ("shoulder",), "elbow": ("elbow",),
    "wrist": ("wrist",),
}  # fmt: skip
_SIDES = {"left": ("l", "left"), "right": ("r", "right")}

KEYPOINTS: dict[str, tuple[str, ...]] = {
    **{
        f"{side} {joint}": tuple(mark + name for name in names for mark in marks)
        for side, marks in _SIDES.items()
        for joint, names in _JOINTS.items()
    },
    "pelvis": ("hip", "midhip", "pelvis", "root"),
    "neck": ("neck",),
    "nose": ("nose",),
    "head top": ("head", "headtop"),
}
"""Of OpenCap and Pose2Sim: RHip, midHip, Neck, Head (the top of the head)."""

_PLUG_IN = {
    "asis": ("asi", "asis"), "psis": ("psi", "psis"), "knee": ("kne", "knee", "lknee", "kneelat"),
    "knee inside": ("knem", "mkne", "mknee", "knm", "kneemed"), "ankle": ("ank", "ankle", "lankle", "anklelat"),
    "ankle inside": ("ankm", "mank", "mankle", "med", "anklemed"), "shoulder": ("sho", "shoulder", "sjc"),
    "elbow": ("elb", "lelbow", "elbow", "elblat"), "elbow inside": ("elbm", "melb", "melbow", "elbmed"),
    "wrist": ("wra", "lwrist", "wrist", "wri"), "wrist inside": ("wrb", "mwrist"), "front head": ("fhd",),
    "back head": ("bhd",), "hip centre": ("hjc", "hipcentre"),
}  # fmt: skip

MARKERS: dict[str, tuple[str, ...]] = {
    **{
        f"{side} {role}": tuple(side[0] + name for name in names) for side in _SIDES for role, names in _PLUG_IN.items()
    },
    "sacrum": ("sacr", "sacrum", "sac"),
    "c7": ("c7",),
    "clavicle": ("clav", "ij"),
}
"""Of Plug-in Gait (LASI, LKNE, LWRA) and OpenCap's augmented set (r.ASIS_study, r_mknee_study)."""
