"""TFLite to ONNX: tiny networks, run by both engines, against the operators written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_fakes import TYPES, Writer, sparsity, tflite_file

from engine.detector import networks
from engine.detector.tflite import network as ops
from engine.detector.tflite.flat import Record
from engine.detector.tflite.network import read_network
from engine.detector.tflite.rules import same_padding
from engine.detector.tflite.sparse import written_out
from engine.detector.tflite.to_onnx import to_onnx, wanted

RANDOM = np.random.default_rng(0)
ENGINES = [networks.OpenCV] + ([networks.OnnxRuntime] if networks.has_onnxruntime() else [])
SAME, RELU6 = ("i8", 0), ("i8", 3)


def run(engine: Any, file: bytes, outputs: list[str], values: np.ndarray) -> list[np.ndarray]:
    return engine(Path("tiny.onnx"), to_onnx(file, outputs), outputs)(values)


def convolved(picture: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """A convolution with padding SAME: picture (H, W, in), kernel (out, h, w, in)."""
    rows, columns, _ = picture.shape
    out, h, w, _ = kernel.shape
    top, left = same_padding(rows, h, stride)[0], same_padding(columns, w, stride)[0]
    padded = np.zeros((rows + 2 * h, columns + 2 * w, picture.shape[2]))
    padded[top : top + rows, left : left + columns] = picture
    made = np.zeros((-(-rows // stride), -(-columns // stride), out))
    for y in range(made.shape[0]):
        for x in range(made.shape[1]):
            window = padded[y * stride : y * stride + h, x * stride : x * stride + w]
            made[y, x] = np.tensordot(kernel, window, 3) + bias
    return made


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("stride", [1, 2])
def test_convolutions_in_half_precision_with_padding_and_limits(engine: Any, stride: int):
    kernel = RANDOM.normal(0, 1, (4, 3, 3, 2)).astype(np.float16)
    deep = RANDOM.normal(0, 1, (1, 3, 3, 4)).astype(np.float32)
    bias, deep_bias = RANDOM.normal(0, 1, 4).astype(np.float32), RANDOM.normal(0, 1, 4).astype(np.float32)
    rows, columns = 7, 6
    half = (-(-rows // stride), -(-columns // stride))
    conv = {"f0": SAME, "f1": ("i32", stride), "f2": ("i32", stride), "f3": RELU6}
    depthwise = {"f0": SAME, "f1": ("i32", 1), "f2": ("i32", 1), "f3": ("i32", 1), "f4": ("i8", 0)}
    file = tflite_file(
        {
            "in": ((1, rows, columns, 2), None),
            "half": ((4, 3, 3, 2), kernel),
            "kernel": ((4, 3, 3, 2), None),
            "bias": ((4,), bias),
            "middle": ((1, *half, 4), None),
            "deep": ((1, 3, 3, 4), deep),
            "deep bias": ((4,), deep_bias),
            "out": ((1, *half, 4), None),
        },
        [
            (ops.DEQUANTIZE, ["half"], ["kernel"], None),
            (ops.CONV_2D, ["in", "kernel", "bias"], ["middle"], conv),
            (ops.DEPTHWISE_CONV_2D, ["middle", "deep", "deep bias"], ["out"], depthwise),
        ],
        ["in"],
        ["out"],
    )
    picture = RANDOM.normal(0, 1, (rows, columns, 2)).astype(np.float32)
    (found,) = run(engine, file, ["out"], picture.transpose(2, 0, 1)[None])
    middle = np.clip(convolved(picture, kernel.astype(float), bias, stride), 0, 6)
    each = [
        convolved(middle[:, :, [c]], deep[0, :, :, c][None, :, :, None], deep_bias[[c]], 1)[:, :, 0] for c in range(4)
    ]
    np.testing.assert_allclose(found[0], np.stack(each), atol=2e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_other_operators(engine: Any):
    picture = RANDOM.normal(0, 1, (4, 4, 8)).astype(np.float32)
    pads = np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32)
    pool = {"f0": ("i8", 1), "f1": ("i32", 2), "f2": ("i32", 2), "f3": ("i32", 2), "f4": ("i32", 2), "f5": ("i8", 0)}
    file = tflite_file(
        {
            "in": ((1, 4, 4, 8), None),
            "pads": ((4, 2), pads),
            "padded": ((1, 5, 5, 8), None),
            "pooled": ((1, 2, 2, 8), None),
            "size": ((2,), np.array([4, 4], np.int32)),
            "larger": ((1, 4, 4, 8), None),
            "sum": ((1, 4, 4, 8), None),
            "spread": ((1, 8, 8, 2), None),
            "shape": ((2,), np.array([1, 128], np.int32)),
            "flat": ((1, 128), None),
            "flat pooled": ((1, 32), None),
            "joined": ((1, 160), None),
            "out": ((1, 160), None),
        },
        [
            (ops.PAD, ["in", "pads"], ["padded"], None),
            (ops.MAX_POOL_2D, ["padded"], ["pooled"], pool),
            (ops.RESIZE_BILINEAR, ["pooled", "size"], ["larger"], {"f2": ("i8", 0), "f3": ("i8", 1)}),
            (ops.ADD, ["larger", "in"], ["sum"], {"f0": ("i8", 1)}),
            (ops.DEPTH_TO_SPACE, ["sum"], ["spread"], {"f0": ("i32", 2)}),
            (ops.RESHAPE, ["spread", "shape"], ["flat"], None),
            (ops.RESHAPE, ["pooled", "shape"], ["flat pooled"], None),
            (ops.CONCATENATION, ["flat", "flat pooled"], ["joined"], {"f0": ("i32", 1), "f1": ("i8", 0)}),
            (ops.LOGISTIC, ["joined"], ["out"], None),
        ],
        ["in"],
        ["out"],
    )
    (found,) = run(engine, file, ["out"], picture.transpose(2, 0, 1)[None])
    padded = np.pad(picture, [(1, 0), (0, 1), (0, 0)])
    pooled = padded[:4, :4].reshape(2, 2, 2, 2, 8).max((1, 3))
    weights = np.array([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    larger = np.einsum("ya,xb,abc->yxc", weights, weights, pooled)
    total = np.maximum(larger + picture, 0)
    spread = total.reshape(4, 4, 2, 2, 2).transpose(0, 2, 1, 3, 4).reshape(8, 8, 2)
    expected = 1 / (1 + np.exp(-np.concatenate([spread.ravel(), pooled.ravel()])))
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


def test_what_only_other_outputs_need_is_left_out():
    shapes: dict[str, Any] = {name: ((1, 2, 2, 1), None) for name in ("in", "a", "b")}
    file = tflite_file(
        shapes,
        [(ops.LOGISTIC, ["in"], ["a"], None), (ops.LOGISTIC, ["a"], ["b"], None)],
        ["in"],
        ["a", "b"],
    )
    network = read_network(file)
    assert [len(wanted(network, [name])) for name in ("a", "b")] == [1, 2]
    (found,) = run(networks.OpenCV, file, ["a"], np.zeros((1, 1, 2, 2), np.float32))
    np.testing.assert_allclose(found, 0.5)


def test_sparse_constants():
    dense = np.where(RANDOM.random((5, 7)) < 0.4, RANDOM.normal(0, 1, (5, 7)), 0).astype(np.float16)
    dense[2] = 0  # a row without any
    writer = Writer()
    place, kept = sparsity(writer, dense)
    made = Record.root(writer.data(place))
    np.testing.assert_array_equal(written_out(kept, dense.shape, made), dense)
    file = tflite_file(
        {
            "in": ((5, 7), None),
            "sparse": ((5, 7), dense),
            "half": ((5, 7), None),
            "whole": ((5, 7), None),
            "out": ((5, 7), None),
        },
        [
            (ops.DENSIFY, ["sparse"], ["half"], None),
            (ops.DEQUANTIZE, ["half"], ["whole"], None),
            (ops.ADD, ["in", "whole"], ["out"], {"f0": ("i8", 0)}),
        ],
        ["in"],
        ["out"],
        sparse=["sparse"],
    )
    network = read_network(file)
    np.testing.assert_array_equal(network.constants[network.names.index("whole")], dense.astype(np.float32))
    assert [operator.kind for operator in network.operators] == [ops.ADD]
    assert set(TYPES.values()) == {0, 1, 2}


@given(st.integers(1, 300), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
def test_same_padding_gives_as_many_windows_as_tensorflow(size: int, kernel: int, stride: int, dilation: int):
    before, after = same_padding(size, kernel, stride, dilation)
    reach = (kernel - 1) * dilation + 1
    assert after - before in (0, 1)
    windows = (size + before + after - reach) // stride + 1
    assert windows >= -(-size // stride)
    assert before + after == 0 or windows == -(-size // stride)
