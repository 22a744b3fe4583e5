"""The layouts that are recognised: RTMPose's SimCC, RTMO and YOLO-pose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.detector.own.signature import Signature, Value, read_signature
from engine.errors import file_error
from engine.motion.skeleton import COCO_17, COCO_23, CROWDPOSE_14, HALPE_26, Skeleton

Kind = Literal["RTMPose (SimCC)", "RTMO", "YOLO-pose", "YOLO-pose, one box each"]

SKELETONS = {14: CROWDPOSE_14, 17: COCO_17, 26: HALPE_26, 133: COCO_23}
"""By the number of points in the file; of COCO-WholeBody's 133 the body and feet, which come first."""
_BOX = 5
"""x0 y0 x1 y1 score of RTMO; centre, size, score of YOLO."""
_BOX_AND_CLASS = 6
_USUAL_SIZE = 640
_LARGEST_SIDE = 2048


@dataclass(frozen=True)
class Layout:
    """What an own file is.

    kind           whose layout it has
    width, height  pixels of its input
    points         in its answer; the skeleton's joints are the first of them
    outputs        their names, in the order in which they are read
    """

    kind: Kind
    width: int
    height: int
    points: int
    outputs: tuple[str, ...]

    @property
    def skeleton(self) -> Skeleton:
        return SKELETONS[self.points]

    @property
    def finds_people(self) -> bool:
        """Whether it looks at the whole picture; else it looks at one person, whom something else must find."""
        return self.kind != "RTMPose (SimCC)"


def describe(path: Path) -> str:
    """Return one sentence on what was found in a file. Raises InputError where it is none that is known."""
    signature = read_signature(path)
    layout = recognise(signature)
    shows = "everybody in a picture" if layout.finds_people else "one person, whom the published detector finds"
    return (
        f"{path.name}: {layout.kind}, {layout.points} points read as {layout.skeleton.name}, pictures of "
        f"{layout.width} x {layout.height}, shows {shows}; {len(signature.data) / 1e6:.1f} MB."
    )


def recognise(signature: Signature) -> Layout:
    """Return the layout of a file, from the shapes of what it takes and answers. Raises InputError."""
    if len(signature.inputs) == 1 and len(signature.inputs[0].shape) == 4 and signature.inputs[0].shape[1] in (3, None):
        height, width = (n or _USUAL_SIZE for n in signature.inputs[0].shape[2:])
        if max(height, width) > _LARGEST_SIDE:
            raise file_error(
                signature.path, "input", f"of {width} x {height} is too large", f"export {_USUAL_SIZE} x {_USUAL_SIZE}"
            )
        layout = (
            _simcc(signature.outputs, width, height)
            or _rtmo(signature.outputs, width, height)
            or _yolo(signature.outputs, width, height)
        )
        if layout is not None:
            return layout
    raise file_error(
        signature.path,
        f"network {signature.text}, and",
        "is neither RTMPose (SimCC), RTMO nor YOLO-pose of 14, 17, 26 or 133 points",
        "export one of these to ONNX, with fixed sizes",
    )


def _simcc(outputs: tuple[Value, ...], width: int, height: int) -> Layout | None:
    """Two outputs (N, K, bins of x) and (N, K, bins of y), as many bins a pixel."""
    if len(outputs) != 2 or any(len(value.shape) != 3 for value in outputs):
        return None
    (_, points, columns), (_, points_y, rows) = (value.shape for value in outputs)
    if points is None or points != points_y or columns is None or rows is None or points not in SKELETONS:
        return None
    fits = columns * height == rows * width and columns % width == 0
    names = (outputs[0].name, outputs[1].name)
    return Layout("RTMPose (SimCC)", width, height, points, names) if fits else None


def _rtmo(outputs: tuple[Value, ...], width: int, height: int) -> Layout | None:
    """Boxes (N, people, 5) and points (N, people, K, 3), in either order."""
    boxes = [value for value in outputs if len(value.shape) == 3 and value.shape[2] == _BOX]
    people = [value for value in outputs if len(value.shape) == 4 and value.shape[3] == 3]
    if len(outputs) != 2 or len(boxes) != 1 or len(people) != 1:
        return None
    points = people[0].shape[2]
    known = points in SKELETONS
    return Layout("RTMO", width, height, points, (boxes[0].name, people[0].name)) if points and known else None


def _yolo(outputs: tuple[Value, ...], width: int, height: int) -> Layout | None:
    """One output (N, 5 + 3 K, candidates), or (N, people, 6 + 3 K) where boxes of one person are one already."""
    if len(outputs) != 1 or len(outputs[0].shape) != 3:
        return None
    _, second, third = outputs[0].shape
    by_second = {_BOX + 3 * points: points for points in SKELETONS}
    by_third = {_BOX_AND_CLASS + 3 * points: points for points in SKELETONS}
    names = (outputs[0].name,)
    if second in by_second:
        return Layout("YOLO-pose", width, height, by_second[second], names)
    if third in by_third:
        return Layout("YOLO-pose, one box each", width, height, by_third[third], names)
    return None
