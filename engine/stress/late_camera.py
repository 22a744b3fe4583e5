"""A late camera: what one of them shows is a little old."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.stress.one_camera import unlucky
from engine.stress.stress import Flag, FrameByFrame, LiveStress, Question, Range, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

LATEST_MS = 1000.0


def delay_camera(views: MultiViewKeypoints, late_ms: float, setting: Setting) -> MultiViewKeypoints:
    """One camera (`engine.stress.one_camera`) shows what was there so many milliseconds ago; at the start the first.

    Between two frames it is interpolated; a joint is seen where both of them see it.
    """
    before, after, weight = _ago(views.times, late_ms)
    return _late(views, views.take(before), views.take(after), weight, setting.seed)


def _ago(times: Float, late_ms: float) -> tuple[NDArray[np.intp], NDArray[np.intp], Float]:
    """For each frame the two around what was there so long ago, and the weight of the later one.

    An unsteady clock may have two frames change places before sub-sampling: no frame looks at later ones.
    """
    import numpy as np

    from engine.motion.interpolation import neighbours

    clock = np.maximum.accumulate(times)
    before, after, weight = neighbours(clock, times - late_ms / 1000)
    return before, np.where(weight > 0, after, before), weight


def _late(
    views: MultiViewKeypoints, first: MultiViewKeypoints, second: MultiViewKeypoints, weight: Float, seed: int
) -> MultiViewKeypoints:
    """The views with one camera's between those of two other observations of as many frames."""
    import numpy as np

    view = unlucky(len(views.rig), seed)
    (a, b), share = (each.confidence[view] for each in (first, second)), weight[:, None, None]
    seen = ((a > 0) | (share > 1 - 1e-9)) & ((b > 0) | (share < 1e-9))
    xy, confidence = views.xy.copy(), views.confidence.copy()
    confidence[view] = np.where(seen, (1 - share) * a + share * b, 0.0)
    xy[view] = (1 - share[..., None]) * first.xy[view] + share[..., None] * second.xy[view]
    return replace(views, xy=xy, confidence=confidence)


def _stream(late_ms: float, setting: Setting, schedule: Float) -> FrameByFrame:
    import numpy as np

    before, after, weight = _ago(schedule, late_ms)
    needed = np.minimum.accumulate(before[::-1])[::-1]  # the earliest one for this frame and all later ones
    held: dict[int, Any] = {}

    def late(frame: MultiViewKeypoints, k: int) -> MultiViewKeypoints:
        held[k] = frame
        for gone in [number for number in held if number < needed[k]]:
            del held[gone]
        return _late(frame, held[int(before[k])], held[int(after[k])], weight[k : k + 1], setting.seed)

    return FrameByFrame(schedule, late)


def _live(setting: Setting) -> LiveStress:
    held: deque[Any] = deque()

    def late(frame: MultiViewKeypoints, late_ms: float) -> MultiViewKeypoints:
        import numpy as np

        held.append(frame)
        now = float(frame.times[0])
        while len(held) > 2 and held[1].times[0] < now - LATEST_MS / 1000:
            held.popleft()
        if not late_ms:
            return frame
        before, after, weight = _ago(np.array([float(each.times[0]) for each in held]), late_ms)
        return _late(frame, held[int(before[-1])], held[int(after[-1])], weight[-1:], setting.seed)

    return late


LATE_CAMERA = Stress(
    field="late_camera_ms",
    label="Late camera",
    unit="ms",
    range=Range(0, LATEST_MS),
    levels=(0.0, 20.0, 40.0, 80.0, 160.0),
    applies_to=("MultiViewKeypoints",),
    stage="detector",
    whole=delay_camera,
    stream=_stream,
    slider=Slider(200.0, 1, "One camera shows what was there so long ago; the seed says which"),
    flag=Flag("late-camera", "One camera shows what was there so long ago, ms."),
    question=Question(
        "Irregular", "Camera late", "One camera that shows what was there a while ago", "camera late, ms"
    ),
    rank=12,
    live=_live,
)
