"""Tiny TFLite and ONNX files, and networks that answer what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engine.detector.boxes import Boxes
from engine.detector.landmarks import POINTS, Landmarks
from engine.detector.regions import Region

TYPES = {"float32": 0, "float16": 1, "int32": 2}


class Writer:
    """Tables of a flatbuffer; fields by number, as (kind, value)."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(1024)

    def table(self, **fields: Any) -> int:
        """A table; `f3=("i32", 5)` is field 3. Kinds: i8, i32, offset."""
        self.builder.StartObject(1 + max((int(name[1:]) for name in fields), default=0))
        for name, (kind, value) in fields.items():
            slot = int(name[1:])
            if kind == "i8":
                self.builder.PrependInt8Slot(slot, value, -100)
            elif kind == "i32":
                self.builder.PrependInt32Slot(slot, value, -100)
            else:
                self.builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        return self.builder.EndObject()

    def text(self, text: str) -> int:
        return self.builder.CreateString(text)

    def numbers(self, values: NDArray[Any]) -> int:
        return self.builder.CreateNumpyVector(values)

    def tables(self, places: Sequence[int]) -> int:
        self.builder.StartVector(4, len(places), 4)
        for place in reversed(places):
            self.builder.PrependUOffsetTRelative(place)
        return self.builder.EndVector()

    def data(self, root: int) -> bytes:
        self.builder.Finish(root)
        return bytes(self.builder.Output())


def sparsity(writer: Writer, dense: NDArray[Any]) -> tuple[int, NDArray[Any]]:
    """SparsityParameters of an array whose first axis is dense and whose second is CSR, and the values kept."""
    rows, columns = np.nonzero(dense)
    segments = np.searchsorted(rows, np.arange(len(dense) + 1)).astype(np.int32)
    first = writer.table(f0=("i8", 0), f1=("i32", len(dense)))
    vectors = [writer.table(f0=("offset", writer.numbers(v))) for v in (segments, columns.astype(np.uint8))]
    second = writer.table(
        f0=("i8", 1), f2=("i8", 1), f3=("offset", vectors[0]), f4=("i8", 3), f5=("offset", vectors[1])
    )
    levels = writer.tables([first, second])
    order = writer.numbers(np.array([0, 1], np.int32))
    return writer.table(f0=("offset", order), f2=("offset", levels)), dense[rows, columns]


def tflite_file(
    tensors: dict[str, tuple[tuple[int, ...], NDArray[Any] | None]],
    operators: Sequence[tuple[int, Sequence[str], Sequence[str], dict[str, Any] | None]],
    inputs: Sequence[str],
    outputs: Sequence[str],
    sparse: Sequence[str] = (),
) -> bytes:
    """A TFLite file of named tensors (shape, constant or None) and operators (kind, inputs, outputs, option fields)."""
    writer = Writer()
    names = list(tensors)
    buffers, rows = [writer.table()], []
    for name, (shape, constant) in tensors.items():
        fields: dict[str, Any] = {}
        if name in sparse:
            assert constant is not None
            place, kept = sparsity(writer, constant)
            fields["f6"], stored = ("offset", place), kept
        else:
            stored = constant
        kind = TYPES[str(stored.dtype)] if stored is not None else 0
        if stored is not None:
            raw = writer.numbers(np.frombuffer(stored.tobytes(), np.uint8))
            buffers.append(writer.table(f0=("offset", raw)))
        text, sizes = writer.text(name), writer.numbers(np.array(shape, np.int32))
        buffer = len(buffers) - 1 if stored is not None else 0
        rows.append(
            writer.table(f0=("offset", sizes), f1=("i8", kind), f2=("i32", buffer), f3=("offset", text), **fields)
        )
    kinds = sorted({operator[0] for operator in operators})
    codes = [writer.table(f0=("i8", min(kind, 127)), f3=("i32", kind)) for kind in kinds]
    steps = []
    for kind, given, made, options in operators:
        ends = [writer.numbers(np.array([names.index(n) for n in part], np.int32)) for part in (given, made)]
        more = {} if options is None else {"f4": ("offset", writer.table(**options))}
        steps.append(
            writer.table(f0=("i32", kinds.index(kind)), f1=("offset", ends[0]), f2=("offset", ends[1]), **more)
        )
    parts = [
        writer.tables(rows),
        *(writer.numbers(np.array([names.index(n) for n in p], np.int32)) for p in (inputs, outputs)),
    ]
    graph = writer.table(
        f0=("offset", parts[0]), f1=("offset", parts[1]), f2=("offset", parts[2]), f3=("offset", writer.tables(steps))
    )
    fields = {"f1": codes, "f2": [graph], "f4": buffers}
    places = {name: ("offset", writer.tables(found)) for name, found in fields.items()}
    return writer.data(writer.table(f0=("i32", 3), **places))


def answering(
    outputs: dict[str, NDArray[np.float32]],
    size: Sequence[int | str] = (1, 3, 64, 48),
    shapes: dict[str, Sequence[int | str]] | None = None,
) -> bytes:
    """An ONNX file that answers these arrays, whatever picture it is shown."""
    nodes, constants = [], []
    nodes.append(helper.make_node("ReduceMean", ["picture"], ["mean"], keepdims=0))
    constants.append(numpy_helper.from_array(np.zeros((), np.float32), "zero"))
    nodes.append(helper.make_node("Mul", ["mean", "zero"], ["nothing"]))
    for name, values in outputs.items():
        constants.append(numpy_helper.from_array(values, f"{name} told"))
        nodes.append(helper.make_node("Add", [f"{name} told", "nothing"], [name]))
    said = {name: list(values.shape) for name, values in outputs.items()} | (dict(shapes) if shapes else {})
    graph = helper.make_graph(
        nodes,
        "told",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, list(size))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, said[name]) for name in outputs],
        constants,
    )
    return model_of(graph)


def model_of(graph: Any) -> bytes:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


class People:
    """Finders of both kinds over people at known places: hip and circle point (2,) each, in pixels."""

    def __init__(self, *people: tuple[tuple[float, float], tuple[float, float]]) -> None:
        self.people = [tuple(np.array(point, float) for point in person) for person in people]
        self.least = 0.0
        """Share of the square below which a person's height is not seen."""
        self.looked: list[Region] = []
        self.sought: list[Region] = []

    def find(self, picture: Any, region: Region) -> Boxes:
        self.sought.append(region)
        rows = []
        for hip, circle in self.people:
            height = 2 * np.linalg.norm(circle - hip)
            inside = bool((np.abs(hip - (region.x, region.y)) <= region.side / 2).all())
            if inside and height >= self.least * region.side:
                rows.append((hip, circle, height))
        corners = [[*(hip - height / 4), *(hip + height / 4)] for hip, _, height in rows]
        points = [[hip, circle, hip, circle] for hip, circle, _ in rows]
        scores = np.linspace(0.9, 0.8, len(rows))
        return Boxes(np.reshape(corners, (-1, 4)).astype(float), np.reshape(points, (-1, 4, 2)).astype(float), scores)

    def look(self, picture: Any, region: Region) -> Landmarks:
        """The nearest person, if the middle of the square is near them."""
        self.looked.append(region)
        away = [float(np.hypot(hip[0] - region.x, hip[1] - region.y)) for hip, _ in self.people]
        if not away or min(away) > region.side / 2:
            return Landmarks(np.full((POINTS, 2), region.x), np.zeros(POINTS), 0.1)
        hip, circle = self.people[int(np.argmin(away))]
        xy = np.linspace(hip, circle, POINTS)
        xy[33], xy[34] = hip, circle
        return Landmarks(xy, np.full(POINTS, 0.9), 0.99)
