"""One rule an operator: the ONNX nodes that do what an operator of TFLite does."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.tflite import network as tflite
from engine.detector.tflite.network import Network, Operator

_FIRST = (0, 3, 1, 2)
"""Axes of a picture: channels first, from channels last."""
_LAST = (0, 2, 3, 1)
_SAME = 0
_ACTIVATIONS = {0: None, 1: "Relu", 3: "Clip"}


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after along one axis, for TensorFlow's padding "SAME": the smaller half first."""
    total = max((math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


class Made:
    """Nodes and constants of the ONNX file that is being made."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def shape(self, number: int) -> list[int]:
        shape = self.network.shapes[number]
        return [shape[axis] for axis in _FIRST] if len(shape) == 4 else list(shape)

    def name(self, number: int) -> str:
        """The name of an activation, or of a constant that becomes part of the file."""
        found = self.network.constants.get(number)
        if found is None:
            return self.network.names[number]
        return self.constant(found.transpose(_FIRST) if found.ndim == 4 else found)

    def constant(self, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"constant {len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))

    def activated(self, operator: Operator, field: int, kind: str, inputs: Sequence[str], **attributes: Any) -> None:
        """Add a node, followed by the activation that TFLite fused into it."""
        output = self.network.names[operator.outputs[0]]
        after = _ACTIVATIONS[operator.option(field, size=1)]
        self.add(kind, inputs, f"{output}, linear" if after else output, **attributes)
        if after:
            limits = [self.constant(np.array(limit, np.float32)) for limit in (0, 6)] if after == "Clip" else []
            self.add(after, [f"{output}, linear", *limits], output)

    def pads(self, operator: Operator, kernel: Sequence[int], dilations: Sequence[int] = (1, 1)) -> list[int]:
        """Padding of a window of height and width, as ONNX lists it. Strides are fields 1 (width) and 2 (height)."""
        if operator.option(0, size=1) != _SAME:
            return [0, 0, 0, 0]
        sizes = self.shape(operator.inputs[0])[2:]
        strides = (operator.option(2), operator.option(1))
        pairs = [same_padding(*of) for of in zip(sizes, kernel, strides, dilations, strict=True)]
        return [pair[0] for pair in pairs] + [pair[1] for pair in pairs]


def _convolution(made: Made, operator: Operator, *, depthwise: bool) -> None:
    picture, weights, *bias = operator.inputs
    kernel = made.network.constants[weights]  # (out, h, w, in), or (1, h, w, channels) of a depthwise one
    activation, dilation = (4, 5) if depthwise else (3, 4)
    dilations = (operator.option(dilation + 1, 1), operator.option(dilation, 1))
    made.activated(
        operator,
        activation,
        "Conv",
        [
            made.name(picture),
            made.constant(kernel.transpose((3, 0, 1, 2) if depthwise else _FIRST)),
            *(made.constant(made.network.constants[number]) for number in bias),
        ],
        group=kernel.shape[3] if depthwise else 1,
        kernel_shape=list(kernel.shape[1:3]),
        strides=[operator.option(2), operator.option(1)],
        dilations=list(dilations),
        pads=made.pads(operator, kernel.shape[1:3], dilations),
    )


def _max_pool(made: Made, operator: Operator) -> None:
    kernel = (operator.option(4), operator.option(3))
    strides = [operator.option(2), operator.option(1)]
    pads = made.pads(operator, kernel)
    inputs = [made.name(operator.inputs[0])]
    made.activated(operator, 5, "MaxPool", inputs, kernel_shape=list(kernel), strides=strides, pads=pads)


def _pad(made: Made, operator: Operator) -> None:
    before_after = made.network.constants[operator.inputs[1]][list(_FIRST)]  # (axes, 2)
    pads = made.constant(before_after.T.reshape(-1).astype(np.int64))
    made.add("Pad", [made.name(operator.inputs[0]), pads], made.network.names[operator.outputs[0]], mode="constant")


def _resize(made: Made, operator: Operator) -> None:
    how = "align_corners" if operator.option(2, size=1) else "asymmetric"
    if operator.option(3, size=1):
        how = "half_pixel"
    sizes = made.constant(np.array(made.shape(operator.outputs[0]), np.int64))
    made.add(
        "Resize",
        [made.name(operator.inputs[0]), "", "", sizes],
        made.network.names[operator.outputs[0]],
        mode="linear",
        coordinate_transformation_mode=how,
    )


def _depth_to_space(made: Made, operator: Operator) -> None:
    output = made.network.names[operator.outputs[0]]
    made.add("DepthToSpace", [made.name(operator.inputs[0])], output, blocksize=operator.option(0), mode="DCR")


def _reshape(made: Made, operator: Operator) -> None:
    picture, output = operator.inputs[0], operator.outputs[0]
    name, given = made.network.names[output], made.name(picture)
    if len(made.network.shapes[picture]) == 4:
        made.add("Transpose", [given], f"{name}, channels last", perm=list(_LAST))
        given = f"{name}, channels last"
    if len(made.network.shapes[output]) == 4:
        raise ValueError("a reshape to a picture is not known")
    made.add("Reshape", [given, made.constant(np.array(made.network.shapes[output], np.int64))], name)


def _concatenation(made: Made, operator: Operator) -> None:
    axes = len(made.network.shapes[operator.outputs[0]])
    axis = operator.option(0) % axes
    inputs = [made.name(number) for number in operator.inputs]
    made.activated(operator, 1, "Concat", inputs, axis=_FIRST.index(axis) if axes == 4 else axis)


def _add(made: Made, operator: Operator) -> None:
    made.activated(operator, 0, "Add", [made.name(number) for number in operator.inputs])


def _logistic(made: Made, operator: Operator) -> None:
    made.add("Sigmoid", [made.name(operator.inputs[0])], made.network.names[operator.outputs[0]])


RULES: dict[int, Callable[[Made, Operator], None]] = {
    tflite.ADD: _add,
    tflite.CONCATENATION: _concatenation,
    tflite.CONV_2D: lambda made, operator: _convolution(made, operator, depthwise=False),
    tflite.DEPTHWISE_CONV_2D: lambda made, operator: _convolution(made, operator, depthwise=True),
    tflite.DEPTH_TO_SPACE: _depth_to_space,
    tflite.LOGISTIC: _logistic,
    tflite.MAX_POOL_2D: _max_pool,
    tflite.PAD: _pad,
    tflite.RESHAPE: _reshape,
    tflite.RESIZE_BILINEAR: _resize,
}
