"""Triangulation among the models: as `engine.cameras.triangulation` answers, also where nothing is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from observed import views

from engine.cameras.triangulation import triangulate
from engine.models.families import find_model
from engine.models.loading import load_model
from engine.models.mv_ssm.classical import GROUPS, bridged
from engine.motion.pose import Joints
from engine.observation.trial import Context

ADULT = Context(1.7)


def test_it_answers_what_triangulation_finds() -> None:
    seen, model = views(30), load_model("triangulation")
    plain = triangulate(
        tuple(seen.rig), np.moveaxis(seen.xy[:, :, 0], 0, 1), np.moveaxis(seen.confidence[:, :, 0], 0, 1), GROUPS
    ).points
    found = model.forward(seen, 1.0, ADULT)
    assert isinstance(found, Joints) and found.frame == "world" and found.rooted
    known = np.isfinite(plain).all(-1)
    assert known.mean() > 0.9
    np.testing.assert_allclose(found.positions[known], plain[known], atol=1e-4)
    card = find_model("triangulation").card
    assert (card.analytic, card.usable, card.observes, model.card.params) == (True, True, "views", 0)


def test_what_is_not_found_is_held_beside_the_person() -> None:
    points = np.zeros((4, 5, 3)) + [1.0, 2.0, 3.0]
    points[2:] += [1.0, 0, 0]  # the person walks on
    points[:, 4] += [0, 0, 0.5]
    points[1:3, 4] = np.nan
    points[3] = np.nan
    whole, held = bridged(points, None, np.zeros((4, 3)))
    np.testing.assert_allclose(whole[:, 4], [[1, 2, 3.5], [1, 2, 3.5], [2, 2, 3.5], [2, 2, 3.5]])
    again, _ = bridged(points[3:], bridged(points[:3], None, np.zeros((3, 3)))[1], np.zeros((1, 3)))
    np.testing.assert_array_equal(again[0], whole[3])
    assert held is not None and np.isfinite(whole).all()


def test_nobody_in_sight_is_finite_and_cameras_that_move_are_taken_as_they_are() -> None:
    seen, model = views(6), load_model("triangulation")
    dark = model.forward(replace(seen, confidence=np.zeros_like(seen.confidence)), 1.0, ADULT)
    assert isinstance(dark, Joints) and np.isfinite(dark.positions).all()
    from engine.models.mv_ssm.classical import of_one_rig

    inputs = model.encoder.whole(seen, ADULT).inputs.copy()
    assert len(list(of_one_rig(inputs))) == 1 and inputs.shape[-1] == 18
    inputs[3:, :, :, 12] += 1.0
    assert [len(part) for part in of_one_rig(inputs)] == [3, 3]


def test_it_is_not_trained() -> None:
    from engine.errors import InputError
    from engine.report.view_comparison import compare_views

    with pytest.raises(InputError, match="always beside the models"):
        compare_views(find_model("triangulation").weights, ["triangulation"])
