"""The point section of C3D files, as data (the format's user guide, www.c3d.org).

Written here because the usual library, ezc3d, hands what a file says to C++: of 600 files with three bytes changed, 13
ended the program with a segmentation fault.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error
from engine.untrusted.limits import LIMITS, read_bytes

BLOCK = 512
_KEY = 0x50
_INTEL, _DEC, _MIPS = 84, 85, 86
_MOST_PARAMETERS = 10_000
_MOST_STATED = 65_535
_REMEDY = "export it again"

Parameter = tuple[int, tuple[int, ...], bytes]  # bytes of a value (-1: text), dimensions, content
Parameters = dict[str, dict[str, Parameter]]  # by group and name, in capitals


@dataclass(frozen=True)
class Points:
    """The points of a C3D file, in its unit and axes.

    positions   (T, N, 3), NaN where a point was not seen
    names       (N,) labels
    rate_hz     frames per second
    unit        as written, "mm"; "" where the file does not say
    up          the axis that the file draws upwards, "+Z"; "" where it does not say
    """

    positions: NDArray[np.float64]
    names: tuple[str, ...]
    rate_hz: float
    unit: str
    up: str


def is_c3d(head: bytes) -> bool:
    """Tell whether a file that begins with `head` has a C3D file's first two bytes and a plausible count of points."""
    if len(head) < BLOCK or head[1] != _KEY or not 1 < head[0] < 64:
        return False
    return head[2:6] != bytes(4)  # neither points nor analog channels


def load_points(path: Path) -> Points:
    """Read the points of a C3D file of any processor type. Raises InputError."""
    data = read_bytes(path, LIMITS.binary)
    try:
        return _load(path, data)
    except InputError:
        raise
    except (struct.error, IndexError, OverflowError, ValueError, KeyError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise file_error(path, "content", "is damaged or cut off", _REMEDY, detail=detail) from None


def _load(path: Path, data: bytes) -> Points:
    at = (data[0] - 1) * BLOCK
    processor = data[at + 3]
    if processor not in (_INTEL, _DEC, _MIPS):
        raise file_error(path, "processor type", f"is {processor}, not 84, 85 or 86", _REMEDY)
    order = ">" if processor == _MIPS else "<"
    groups = _parameters(data, at + 4, order)
    point = groups.get("POINT", {})
    words = struct.unpack(f"{order}10H", data[:20])
    count = _integer(point.get("USED"), order) or words[1]
    analog = words[2]
    scale = _real(point.get("SCALE"), processor) or _float(data[12:16], processor)
    start = (_integer(point.get("DATA_START"), order) or words[8]) - 1
    rate = _real(point.get("RATE"), processor) or _float(data[20:24], processor)
    if not count:
        raise file_error(path, "POINT", "holds no points", "give a file with markers, not forces alone")
    size = 4 if scale < 0 else 2
    stride = (4 * count + analog) * size
    held = (len(data) - start * BLOCK) // stride
    stated = [words[4] - words[3] + 1, _integer(point.get("FRAMES"), order), _trial(groups, order)]
    frames = max((n for n in stated if 0 < n <= held), default=0)
    if frames == _MOST_STATED:  # longer recordings are written with this number
        frames = held - _padding(data[start * BLOCK : start * BLOCK + held * stride], stride)
    if start < 1 or frames < 1:
        raise file_error(path, "the point section", "is cut off or empty", _REMEDY)
    raw = np.frombuffer(data, np.uint8, frames * stride, start * BLOCK).reshape(frames, stride)[:, : 4 * count * size]
    values = _numbers(np.ascontiguousarray(raw), size, processor).reshape(frames, count, 4)
    positions = values[..., :3] * (1.0 if size == 4 else abs(scale))
    unseen = (values[..., 3] < 0) | ~np.isfinite(positions).all(-1)
    positions[unseen] = np.nan
    return Points(positions, _labels(point, count), rate, _text(point.get("UNITS")), _text(point.get("Y_SCREEN")))


def _padding(section: bytes, stride: int) -> int:
    """Return how many frames at the end are the zeros that fill the last block."""
    last = len(section) // stride
    return next(
        (k for k in range(BLOCK // stride + 1) if any(section[(last - k - 1) * stride : (last - k) * stride])), 0
    )


def _parameters(data: bytes, at: int, order: str) -> Parameters:
    """Return the parameters by group and name."""
    names: dict[int, str] = {}
    found: dict[int, dict[str, Parameter]] = {}
    for _ in range(_MOST_PARAMETERS):
        length, group = struct.unpack_from("bb", data, at)
        if length == 0 or group == 0:
            break
        name = data[at + 2 : at + 2 + abs(length)].decode("latin-1").strip().upper()
        at += 2 + abs(length)
        (step,) = struct.unpack_from(f"{order}h", data, at)
        if group < 0:
            names[-group] = name
        else:
            size, axes = struct.unpack_from("bB", data, at + 2)
            dimensions = tuple(data[at + 4 : at + 4 + axes])
            begin = at + 4 + axes
            content = data[begin : begin + abs(size) * math.prod(dimensions)]
            found.setdefault(group, {})[name] = (size, dimensions, content)
        if step <= 0:
            break
        at += step
    return {names.get(group, str(group)): values for group, values in found.items()}


def _integer(parameter: Parameter | None, order: str) -> int:
    """Return an integer, unsigned as programs write it; 0 where there is none."""
    if parameter is None or parameter[0] != 2 or len(parameter[2]) < 2:
        return 0
    return int(struct.unpack(f"{order}H", parameter[2][:2])[0])


def _trial(groups: Parameters, order: str) -> int:
    """Return the number of frames of recordings longer than 65,535, which have it in two words each."""
    ends = [groups.get("TRIAL", {}).get(name) for name in ("ACTUAL_START_FIELD", "ACTUAL_END_FIELD")]
    if any(end is None or end[0] != 2 or len(end[2]) < 4 for end in ends):
        return 0
    low, high = (struct.unpack(f"{order}HH", end[2][:4]) for end in ends if end is not None)
    return int(high[0] + 65536 * high[1] - low[0] - 65536 * low[1] + 1)


def _real(parameter: Parameter | None, processor: int) -> float:
    """Return a number; 0 where there is none."""
    if parameter is None or parameter[0] != 4 or len(parameter[2]) < 4:
        return 0.0
    return _float(parameter[2][:4], processor)


def _float(data: bytes, processor: int) -> float:
    return float(_numbers(np.frombuffer(data, np.uint8), 4, processor)[0])


def _numbers(raw: NDArray[np.uint8], size: int, processor: int) -> NDArray[np.float64]:
    """Return integers of 16 bits or numbers of 32 bits (DEC's are a quarter of what their swapped words say)."""
    flat = raw.ravel()
    if size == 2:
        return flat.view(">i2" if processor == _MIPS else "<i2").astype(np.float64)
    if processor == _DEC:
        words = flat.view("<u2").reshape(-1, 2)[:, ::-1].copy()
        return words.ravel().view("<f4").astype(np.float64) / 4
    return flat.view(">f4" if processor == _MIPS else "<f4").astype(np.float64)


def _labels(point: dict[str, Parameter], count: int) -> tuple[str, ...]:
    """Return the points' labels; LABELS2 and so on go on where LABELS is full."""
    found: list[str] = []
    for key in ("LABELS", *(f"LABELS{k}" for k in range(2, 20))):
        size, dimensions, content = point.get(key, (0, (), b""))
        if size == -1 and len(dimensions) == 2 and dimensions[0]:
            texts = (content[k : k + dimensions[0]] for k in range(0, len(content), dimensions[0]))
            found += [text.decode("latin-1").strip(" \0") for text in texts]
    return tuple(found[k] if k < len(found) and found[k] else f"point {k + 1}" for k in range(count))


def _text(parameter: Parameter | None) -> str:
    if parameter is None or parameter[0] != -1:
        return ""
    return parameter[2].decode("latin-1").strip(" \0")
