"""What an ONNX file takes and answers, read without running it. Files here are vouched for by nobody."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError, file_error
from engine.untrusted.limits import check_size

_LARGEST = 1 << 29
"""Bytes; networks that find people have a tenth of it."""
_MOST_NODES = 20_000
_MOST_NUMBERS = 1 << 27
"""In one array."""
_LOOPS = ("Loop", "Scan")
"""Operators that may never end."""
_EXTERNAL = 1
"""TensorProto.DataLocation: the numbers lie in another file, which could be any file of this machine."""


@dataclass(frozen=True)
class Value:
    """An input or output: its name, and its shape with None for what the file leaves open."""

    name: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Signature:
    """An ONNX file: its content, and what it takes and answers."""

    path: Path
    data: bytes
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    @property
    def text(self) -> str:
        """Inputs and outputs in words."""
        return f"takes {_words(self.inputs)} and answers {_words(self.outputs)}"


def read_signature(path: Path) -> Signature:
    """Read an ONNX file. Raises InputError for what is none, is too large, needs other files or could run for ever."""
    import onnx
    from google.protobuf.message import DecodeError

    check_size(path, _LARGEST)
    try:
        data = path.read_bytes()
        model = onnx.load_model_from_string(data)
    except OSError as error:
        raise file_error(path, "file", "cannot be read", "check its rights", detail=str(error)) from None
    except (DecodeError, ValueError) as error:
        raise file_error(path, "content", "is no ONNX network", "export it again", detail=str(error)) from None
    graph = model.graph
    if not graph.node or not graph.output:
        raise file_error(path, "content", "is no ONNX network", "export it again")
    _check(path, graph)
    _check_memory(path, model)
    constants = {tensor.name for tensor in graph.initializer}
    inputs = tuple(_value(value) for value in graph.input if value.name not in constants)
    return Signature(path, data, inputs, tuple(_value(value) for value in graph.output))


def _check(path: Path, graph: Any) -> None:
    """Raise InputError for a graph that is not run here."""
    nodes = 0
    for part in _graphs(graph):
        nodes += len(part.node)
        if nodes > _MOST_NODES:
            raise _refused(path, f"has more than {_MOST_NODES} steps", "export a smaller one")
        loops = sorted({node.op_type for node in part.node if node.op_type in _LOOPS})
        if loops:
            raise _refused(path, f"has {loops[0]} in it, which may never end", "export it without")
        if any(tensor.data_location == _EXTERNAL for tensor in _tensors(part)):
            raise _refused(path, "keeps its numbers in another file", "export it as a single file")


def _check_memory(path: Path, model: Any) -> None:
    """Raise InputError where the shapes that follow from a network's own need too much memory."""
    from onnx import shape_inference

    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:  # whatever its C++ part says of a damaged file
        raise file_error(path, "content", "is no ONNX network", "export it again", detail=str(error)) from None
    for graph in _graphs(inferred.graph):
        for value in (*graph.input, *graph.value_info, *graph.output):
            if math.prod(n or 1 for n in _value(value).shape) > _MOST_NUMBERS:
                raise _refused(path, "makes arrays of more than half a gigabyte", "export a smaller one")


def _graphs(graph: Any) -> Iterable[Any]:
    """A graph and those inside its nodes."""
    left = [graph]
    while left:
        part = left.pop()
        yield part
        for node in part.node:
            for attribute in node.attribute:
                left += [attribute.g] if attribute.HasField("g") else []
                left += attribute.graphs


def _tensors(graph: Any) -> Iterable[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
        yield sparse.indices
    for node in graph.node:
        for attribute in node.attribute:
            yield from [attribute.t] if attribute.HasField("t") else []
            yield from attribute.tensors


def _value(value: Any) -> Value:
    dims = value.type.tensor_type.shape.dim
    return Value(
        value.name, tuple(int(d.dim_value) if d.HasField("dim_value") and d.dim_value > 0 else None for d in dims)
    )


def _words(values: tuple[Value, ...]) -> str:
    said = [f"{value.name} ({' x '.join('?' if n is None else str(n) for n in value.shape)})" for value in values[:6]]
    return ", ".join(said) + (", ..." if len(values) > len(said) else "")


def _refused(path: Path, problem: str, remedy: str) -> InputError:
    return file_error(path, "network", problem, remedy)
