"""Roles: which device is the head and which the left and the right hand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.live.osc.forms import Kind
from engine.observation.trackers import HEADSET

HEAD, LEFT, RIGHT = range(len(HEADSET))

_HEAD_WORDS, _LEFT_WORDS, _RIGHT_WORDS = {"head", "hmd", "headset"}, {"left", "l"}, {"right", "r"}


@dataclass(frozen=True)
class Roles:
    """Names or serial numbers that somebody chose; "" goes by the kind of device and the words in its name."""

    head: str = ""
    left: str = ""
    right: str = ""

    def of(self, kind: Kind, name: str) -> int | None:
        """The index in `HEADSET`; None for a device without a role."""
        chosen = (self.head, self.left, self.right)
        if name and name in chosen:
            return chosen.index(name)
        found = _by_words(kind, name)
        return None if found is None or chosen[found] else found


def _by_words(kind: Kind, name: str) -> int | None:
    """A headset by its kind, controllers by left or right in their name, others (trackers of hips, feet, ...) not."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    words = set(re.split(r"[^a-z]+", apart.lower()))
    if kind == "headset" or (kind == "any" and words & _HEAD_WORDS):
        return HEAD
    if kind == "tracker" or (kind == "any" and not words & {"hand", "wrist", "controller"}):
        return None
    left, right = bool(words & _LEFT_WORDS), bool(words & _RIGHT_WORDS)
    return None if left == right else LEFT if left else RIGHT
