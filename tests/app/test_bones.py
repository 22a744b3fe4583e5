"""How thick the bones of a skeleton are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from app.view3d.visuals.bones import HEAD, build_of
from engine.kinds import as_joints
from engine.motion.generate.clips import clip_of
from engine.motion.skeleton import H36M_17
from engine.observation.recording import as_h36m17


@pytest.mark.parametrize("head_mm", [30, 70, 115])
@pytest.mark.parametrize("size", [0.7, 1.0])
def test_a_head_is_as_large_as_the_person(head_mm: float, size: float) -> None:
    """Whatever of it a detector has seen: MediaPipe's reaches 70 mm, from the nose to the eyes."""
    positions = as_joints(as_h36m17(clip_of("walk")), H36M_17).positions[:20].copy()
    nose, top = H36M_17.index("nose"), H36M_17.index("head top")
    up = positions[:, top] - positions[:, nose]
    usual = build_of(H36M_17, positions)
    positions[:, top] = positions[:, nose] + up / np.linalg.norm(up, axis=-1, keepdims=True) * head_mm / 1000
    found = build_of(H36M_17, size * positions)
    row = [child for _, child in H36M_17.bones].index(top)
    assert found[row, :2] == pytest.approx(size * usual[row, :2], rel=0.1) and found[row, 2] == HEAD[2]
    others = np.delete(np.arange(len(H36M_17.bones)), row)
    assert (found[others, 0] < 0.8 * found[row, 0]).all()
