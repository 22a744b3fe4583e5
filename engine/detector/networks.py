"""ONNX networks, run by onnxruntime where it is installed, else by OpenCV."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error

Float32 = NDArray[np.float32]

_WRONG = "Pad_Fusion"
"""An optimizer of onnxruntime 1.31 that makes the zeros before a maximum pooling minus infinity.

Before convolutions it is right, and saves a fifth of the time.
"""


class Network(Protocol):
    """An opened network of one input."""

    def __call__(self, values: Float32) -> list[NDArray[Any]]:
        """Return the outputs in their order. Raises InputError where the network cannot be run."""


@cache
def has_onnxruntime() -> bool:
    return importlib.util.find_spec("onnxruntime") is not None


def open_network(
    path: Path, data: bytes, outputs: Sequence[str], threads: int = 1, *, published: bool = True
) -> Network:
    """Open an ONNX file's content, to run on so many threads. Raises InputError naming `path`.

    published  it is one of those that are known to be right with every optimization
    """
    if has_onnxruntime():
        return OnnxRuntime(path, data, outputs, threads, without=() if published else (_WRONG,))
    return OpenCV(path, data, outputs)


class OnnxRuntime:
    """A network in onnxruntime, `without` some of its optimizers."""

    def __init__(
        self,
        path: Path,
        data: bytes,
        outputs: Sequence[str],
        threads: int = 1,
        without: Sequence[str] = (_WRONG,),
    ) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors arrive as exceptions
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._path, self._outputs = path, list(outputs)
        try:
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(without), enable_fallback=0
            )
            (given,) = self._session.get_inputs()
        except Exception as error:  # of a dozen kinds, all of them derived from Exception alone
            raise _unusable(path, error) from None
        self._input = given.name

    def __call__(self, values: Float32) -> list[NDArray[Any]]:
        try:
            return list(self._session.run(self._outputs, {self._input: values}))
        except Exception as error:
            raise _unusable(self._path, error) from None


class OpenCV:
    """A network in OpenCV's own engine, which wants every output of a file by name; its threads are OpenCV's."""

    def __init__(self, path: Path, data: bytes, outputs: Sequence[str]) -> None:
        import cv2

        self._path, self._outputs = path, list(outputs)
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # errors arrive as exceptions
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8), cv2.dnn.ENGINE_NEW)
        except (cv2.error, TypeError) as error:
            raise _unusable(path, error) from None
        finally:
            cv2.utils.logging.setLogLevel(level)

    def __call__(self, values: Float32) -> list[NDArray[Any]]:
        import cv2

        try:
            self._net.setInput(values)
            return [np.array(found) for found in self._net.forward(self._outputs)]
        except cv2.error as error:
            raise _unusable(self._path, error) from None


def _unusable(path: Path, error: Exception) -> InputError:
    return file_error(path, "network", "cannot be run", "export it as ONNX again", detail=str(error))
