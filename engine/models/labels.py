"""Labels of actions: the motion capture's categories, and the 60 of NTU RGB+D."""

from __future__ import annotations

MOTIONS = ("walking", "running", "jumping", "dance", "ball games", "exercise", "gestures")
"""What the small networks tell apart: categories of motion capture in which two people or more were recorded."""

LABEL_OF = {
    "walking": "walking",
    "walking on uneven ground": "walking",
    "running": "running",
    "jumping / hopping": "jumping",
    "dance": "dance",
    "sport": "ball games",
    "exercise": "exercise",
    "gestures / signals": "gestures",
    "walk": "walking",
    "run": "running",
    "jump": "jumping",
    "squat": "exercise",
    "wave": "gestures",
}
"""By the category of a clip, of the index or of the generator; others have no label: climbing and martial arts are of
one person each, so that nobody could be held apart."""

NTU_60 = (
    "drink water", "eat meal", "brush teeth", "brush hair", "drop", "pick up", "throw", "sit down", "stand up", "clap",
    "read", "write", "tear up paper", "put on jacket", "take off jacket", "put on a shoe", "take off a shoe",
    "put on glasses", "take off glasses", "put on a hat", "take off a hat", "cheer up", "wave", "kick something",
    "reach into pocket", "hop", "jump up", "phone call", "play with phone", "type on a keyboard", "point to something",
    "take a selfie", "check time", "rub two hands", "nod or bow", "shake head", "wipe face", "salute",
    "put palms together", "cross hands in front", "sneeze or cough", "stagger", "fall down", "headache", "chest pain",
    "back pain", "neck pain", "nausea", "fan self", "punch", "kick", "push", "pat on back", "point finger", "hug",
    "give object", "touch pocket", "shake hands", "walk towards", "walk apart",
)  # fmt: skip
"""A001 to A060 (Shahroudy et al., CVPR 2016), shortened."""
