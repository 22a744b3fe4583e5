"""A TFLite network as ONNX: channels first, constants in float32, cut down to the outputs that are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.detector.tflite.network import Network, Operator, read_network
from engine.detector.tflite.rules import RULES, Made

OPSET = 13
_IR_VERSION = 8


def to_onnx(data: bytes, outputs: Sequence[str], about: str = "") -> bytes:
    """Return an ONNX file of a TFLite file.

    outputs  names of those that are kept, in this order; what only others need is left out
    about    text that the file carries
    Pictures inside are (N, C, H, W), so the input and outputs of four axes have their channels first, too.
    """
    from onnx import TensorProto, checker, helper

    network = read_network(data)
    made = Made(network)
    for operator in wanted(network, outputs):
        RULES[operator.kind](made, operator)

    def info(number: int) -> Any:
        shape = made.shape(number)
        return helper.make_tensor_value_info(network.names[number], TensorProto.FLOAT, shape)

    numbers = {network.names[number]: number for number in network.outputs}
    graph = helper.make_graph(
        made.nodes,
        "network",
        [info(number) for number in network.inputs],
        [info(numbers[name]) for name in outputs],
        made.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="kinestate")
    model.ir_version = _IR_VERSION
    model.doc_string = about
    checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def wanted(network: Network, outputs: Iterable[str]) -> list[Operator]:
    """Return the operators that these outputs need, in order."""
    needed = {network.names.index(name) for name in outputs}
    kept = []
    for operator in reversed(network.operators):
        if needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]
