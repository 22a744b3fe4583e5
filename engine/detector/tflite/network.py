"""A TFLite file as tensors and operators, constants written out as float32.

Field numbers follow TensorFlow's schema, tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.tflite.flat import Record
from engine.detector.tflite.sparse import written_out

ADD, CONCATENATION, CONV_2D, DEPTHWISE_CONV_2D, DEPTH_TO_SPACE, DEQUANTIZE = 0, 2, 3, 4, 5, 6
LOGISTIC, MAX_POOL_2D, RESHAPE, RESIZE_BILINEAR, PAD, DENSIFY = 14, 17, 22, 23, 34, 124
"""Of BuiltinOperator, those that are known here."""

_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}


@dataclass(frozen=True)
class Operator:
    """One step: its kind (BuiltinOperator), tensors by number, and the table of its options."""

    kind: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Record | None

    def option(self, field: int, default: int = 0, size: int = 4) -> int:
        return self.options.number(field, default, size) if self.options is not None else default


@dataclass(frozen=True)
class Network:
    """names, shapes  of every tensor; constants  those that are known, by number; inputs, outputs  by number."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    constants: dict[int, NDArray[Any]]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_network(data: bytes) -> Network:
    """Read a TFLite file. DEQUANTIZE and DENSIFY of constants are done here and are no operators of the result."""
    model = Record.root(data)
    buffers, (graph, *_) = model.records(4), model.records(2)
    kinds = [max(code.number(0, size=1), code.number(3)) for code in model.records(1)]
    tensors = graph.records(0)
    shapes = tuple(tuple(int(n) for n in tensor.array(0)) for tensor in tensors)
    constants: dict[int, NDArray[Any]] = {}
    for number, tensor in enumerate(tensors):
        raw = buffers[tensor.number(2)].array(0, np.uint8)
        if len(raw):
            values = raw.view(_TYPES[tensor.number(1, size=1)])
            sparsity = tensor.record(6)
            sparse = sparsity is not None and len(sparsity.array(0))
            constants[number] = (
                written_out(values, shapes[number], sparsity)
                if sparsity is not None and sparse
                else values.reshape(shapes[number])
            )
    operators = []
    for record in graph.records(3):
        inputs, outputs = (tuple(int(n) for n in record.array(field)) for field in (1, 2))
        operator = Operator(kinds[record.number(0)], inputs, outputs, record.record(4))
        if operator.kind in (DEQUANTIZE, DENSIFY) and inputs[0] in constants:
            found = constants[inputs[0]]
            constants[outputs[0]] = found.astype(np.float32) if operator.kind == DEQUANTIZE else found
        else:
            operators.append(operator)
    names = tuple(tensor.text(3) for tensor in tensors)
    ends = (tuple(int(n) for n in graph.array(field)) for field in (1, 2))
    return Network(names, shapes, constants, tuple(operators), *ends)
