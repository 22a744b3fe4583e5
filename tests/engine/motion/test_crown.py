"""The crown: what an End Site has to be, and where the head ends without one."""

import numpy as np
import pytest
from test_roles import RIGS, figure

from engine.motion.crown import body_height, is_extrapolated
from engine.motion.roles import match_roles
from engine.motion.rule_by_names import rule_by_names
from engine.motion.rules import apply_rule
from engine.motion.skeleton import H36M_17, with_sides
from engine.motion.stature import stature

NAMES, PARENTS, POSITIONS, KEYS = figure(RIGS["mixamo"])
SKELETON = with_sides("rig", NAMES, PARENTS)


def with_end(offset, scale=1.0):
    positions = POSITIONS.copy()
    positions[:, KEYS.index("head end")] = positions[:, KEYS.index("head")] + np.asarray(offset)
    return positions * scale


def crowned(positions):
    named = rule_by_names(SKELETON, positions)
    return named, apply_rule(named.rule, SKELETON, H36M_17, positions)


@pytest.mark.parametrize("offset", [(0, 0, 0.12), (0, 0, 0.3), (0, -0.08, 0.15), (0.03, 0, 0.17)])
def test_an_end_site_where_a_crown_is(offset):
    named, _ = crowned(with_end(offset))
    assert named.rule["head top"] == {"head end": 1.0} and named.assumed == ()


@pytest.mark.parametrize(
    "offset",
    [(0, 0, 0), (0, 0, 0.001), (0.01, 0, 0), (0.17, 0, 0), (0, -0.17, 0), (0, 0, -0.17), (0, 0, 1.0), (0, 0, 0.05)],
    ids=["zero", "1 mm", "1 cm to the side", "to the side", "ahead", "down", "1 m", "5 cm"],
)
@pytest.mark.parametrize("scale", [1.0, 100.0, 0.0254])
def test_an_end_site_that_is_no_crown(offset, scale):
    named, got = crowned(with_end(offset, scale))
    assert is_extrapolated(named.rule["head top"]) and named.assumed == ("crown extrapolated from neck and head",)
    _, right = crowned(with_end((0, 0, 0.17), scale))
    assert stature(got / scale) == pytest.approx(stature(right / scale), abs=0.02)


def test_a_nodding_head_keeps_its_crown():
    """60 degrees forward, and still the End Site is the crown."""
    nod = 0.17 * np.array([0, -np.sin(np.radians(55)), np.cos(np.radians(55))])
    assert crowned(with_end(nod))[0].rule["head top"] == {"head end": 1.0}


def test_a_neck_without_length_points_along_the_trunk():
    positions = with_end((0, 0, 0))
    positions[:, KEYS.index("neck")] = positions[:, KEYS.index("head")]
    _, got = crowned(positions)
    assert 1.6 < stature(got) < 1.8 and got[0, 10, 2] > got[0, 8, 2] + 0.1


def test_body_height_does_not_depend_on_posture():
    roles = match_roles(NAMES, PARENTS)
    turned = POSITIONS @ np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]]).T
    assert body_height(SKELETON, roles, POSITIONS) == pytest.approx(body_height(SKELETON, roles, turned))
    assert 1.6 < body_height(SKELETON, roles, POSITIONS) < 1.9
