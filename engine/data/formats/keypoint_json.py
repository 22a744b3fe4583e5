"""2D keypoints in JSON: COCO (results and annotations), OpenPose, AlphaPose and MMPose.

    COCO results      [{"image_id", "keypoints": [x, y, c, ...], "score"}, ...]
    COCO annotations  {"images": [...], "annotations": [{"image_id", "keypoints": [x, y, v, ...]}]}
    AlphaPose         as COCO results, image_id a file name, "idx" the track; or {image: {"bodies"}}
    OpenPose          {"people": [{"pose_keypoints_2d": [x, y, c, ...]}]}, one file for each frame, in a folder
    MMPose            {"meta_info", "instance_info": [{"frame_id", "instances": [{"keypoints":
                      [[x, y], ...], "keypoint_scores"}]}]}, or that list alone

None of them holds a frame rate, and only COCO annotations hold the image's size. Of several people one is
followed: a track where the file has tracks, else the nearest to where the person was.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import choose, uniform_times
from engine.errors import InputError, file_error
from engine.motion.clip import Provenance
from engine.motion.skeleton import COCO_17, H36M_17, HALPE_26, MEDIAPIPE_33, OPENPOSE_25, Skeleton
from engine.observation.keypoints import Keypoints2D
from engine.untrusted.limits import HEAD_BYTES, LIMITS, read_bytes
from engine.untrusted.safe_pickle import mentions

Float = NDArray[np.float64]

ASSUMED_HZ = 30.0
_WORDS = (
    b'"keypoints"',
    b'"pose_keypoints_2d"',
    b'"people"',
    b'"bodies"',
    b'"instances"',
    b'"instance_info"',
)
_ANYONE = "main person"
_LARGEST = 1e6  # pixels
_LARGEST_TRACK = 1 << 53

# OpenPose's older order of 18 (nose, neck, right arm, left arm, right leg, left leg, eyes, ears) as COCO-17.
COCO_OF_18 = [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
_LAYOUTS: dict[int, tuple[Skeleton, list[int]]] = {  # number of points -> layout and which points it takes
    17: (COCO_17, list(range(17))),
    18: (COCO_17, COCO_OF_18),
    25: (OPENPOSE_25, list(range(25))),
    26: (HALPE_26, list(range(26))),
    33: (MEDIAPIPE_33, list(range(33))),
    133: (COCO_17, list(range(17))),  # COCO-WholeBody
    136: (HALPE_26, list(range(26))),  # Halpe-FullBody
}
_PICTURES = [(640, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160), (7680, 4320)]


@dataclass(frozen=True)
class _Person:
    """One person in one frame: points (K, 3) x, y, confidence; track is None where the file has none."""

    points: Float
    track: int | None
    score: float


@dataclass
class _Document:
    """What a file holds, whatever its form: the people of each frame, by the frame's name."""

    form: str
    frames: dict[str, list[_Person]] = field(default_factory=dict)
    image: tuple[int, int] | None = None
    skeleton: Skeleton | None = None  # where the file names its joints


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is JSON that speaks of keypoints, or a folder of OpenPose frames."""
    if path.is_dir():
        return is_frame_folder(path)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return False
    return any(word in head or (len(head) >= HEAD_BYTES and mentions(path, word)) for word in _WORDS)


def is_frame_folder(path: Path) -> bool:
    """Tell whether a folder holds one OpenPose file for each frame."""
    files = _frame_files(path)
    if not files:
        return False
    try:
        with files[0].open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    return b'"people"' in head or b'"bodies"' in head


def contents(path: Path) -> list[str]:
    """List the people that can be selected, the one seen in most frames first. Raises InputError."""
    return list(_people(_parse(Path(path))))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Keypoints2D:
    """Read one person's keypoints from a file, or from a folder of OpenPose frames.

    rate_hz  30 where not given: the formats hold no rate
    unit     the image's size as "1920x1080", where the file does not hold it; there is no other unit
    select   one of `contents`
    Frames in which the person is missing have confidence 0. Raises InputError.
    """
    path = Path(path)
    if up is not None:
        raise InputError(f"{path.name}: 2D keypoints have no up axis, so leave it out.")
    document = _parse(path)
    people = _people(document)
    who = choose(path, list(people), select)
    points, notes = _follow(path, document, people[who])
    skeleton, taken = _layout(path, document, points)
    points = points[:, taken]
    if len(people) > 1 or _crowded(document):
        notes.append(f"Several people; this is {who}.")
    xy, confidence = points[..., :2], points[..., 2]
    if confidence.max() > 1:
        notes.append(f"Confidences up to {confidence.max():.3g} were cut to 1.")
    confidence = np.clip(confidence, 0, 1)
    xy, image = _pixels(path, xy, confidence > 0, _size(path, unit) or document.image, notes)
    times, rate = uniform_times(path, len(points), rate_hz, ASSUMED_HZ, "assumed, the file holds none")
    return Keypoints2D(
        path.stem, times, xy, confidence, skeleton, image,
        provenance=Provenance(str(path), f"{document.form} keypoints", "pixels", "", rate, tuple(notes)),
    )  # fmt: skip


# -- The forms --------------------------------------------------------------------------------------


def _parse(path: Path) -> _Document:
    if path.is_dir():
        document = _Document("OpenPose")
        for file in _frame_files(path):
            _add_openpose(document, file, file.stem, _load(file))
    else:
        document = _interpret(path, _load(path))
    if not any(document.frames.values()):
        raise file_error(path, "people", "are missing", "give a file with keypoints of a person")
    return document


def _load(path: Path) -> Any:
    data = read_bytes(path, LIMITS.text)
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise file_error(path, "JSON", "is cut off or damaged", "export it again", detail=str(error)) from None


def _frame_files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder whose names end in a frame number, in the order of that number."""
    names = [p for p in folder.glob("*.json") if re.search(r"\d(_keypoints)?$", p.stem) and p.is_file()]
    return sorted(names, key=lambda p: (_frame_number(p.stem) or 0, p.name))


def _interpret(path: Path, content: Any) -> _Document:
    match content:
        case {"people": list()} | {"bodies": list()}:
            document = _Document("OpenPose")
            _add_openpose(document, path, "0", content)
        case {"annotations": list(found)}:
            document = _coco(path, found, "COCO annotations")
            document.image = _coco_image(content.get("images"))
        case {"instance_info": list(found)}:
            document = _mmpose(path, found)
            document.skeleton = _mmpose_skeleton(content.get("meta_info"))
        case [{"image_id": _}, *_]:
            alpha = isinstance(content[0]["image_id"], str) or "idx" in content[0]
            document = _coco(path, content, "AlphaPose" if alpha else "COCO results")
        case [{"instances": _}, *_] | [{"keypoints": _, "keypoint_scores": _}, *_]:
            document = _mmpose(path, content)
        case {**frames} if frames and all(
            isinstance(f, dict) and {"people", "bodies"} & set(f) for f in frames.values()
        ):
            document = _Document("AlphaPose")
            for name, frame in frames.items():
                _add_openpose(document, path, str(name), frame)
        case _:
            raise file_error(
                path,
                "content",
                "is JSON but not keypoints",
                "give COCO, OpenPose, AlphaPose or MMPose output",
            )
    return document


def _coco(path: Path, found: list[Any], form: str) -> _Document:
    document = _Document(form)
    for number, entry in enumerate(found):
        if not isinstance(entry, dict) or not isinstance(image := entry.get("image_id"), str | int):
            raise file_error(path, f"entry {number}", "has no image_id", "give COCO or AlphaPose results")
        if "keypoints" not in entry:
            continue  # annotation files also hold plain boxes
        points = _triples(path, f"keypoints of entry {number}", entry["keypoints"])
        if form == "COCO annotations":
            points[:, 2] /= 2  # 0 not labelled, 1 labelled but hidden, 2 visible
        track = _track(path, entry.get("track_id", entry.get("idx")))
        frame = document.frames.setdefault(str(image), [])
        frame.append(_Person(points, track, _score(entry.get("score"), points)))
    return document


def _coco_image(images: Any) -> tuple[int, int] | None:
    match images:
        case [{"width": int(width), "height": int(height)}, *_] if width > 0 and height > 0:
            return width, height
    return None


def _add_openpose(document: _Document, path: Path, name: str, frame: Any) -> None:
    people = frame.get("people", frame.get("bodies")) if isinstance(frame, dict) else None
    if not isinstance(people, list):
        raise file_error(path, "people", "is not a list", "give OpenPose output")
    found = document.frames.setdefault(name, [])
    for number, person in enumerate(people):
        flat = person.get("pose_keypoints_2d", person.get("joints")) if isinstance(person, dict) else None
        if flat == []:
            continue
        points = _triples(path, f"pose_keypoints_2d of person {number}", flat)
        found.append(_Person(points, _track(path, person.get("person_id")), _score(None, points)))


def _mmpose(path: Path, found: list[Any]) -> _Document:
    document = _Document("MMPose")
    if all(isinstance(entry, dict) and "instances" not in entry for entry in found):
        found = [{"frame_id": 0, "instances": found}]  # a single image
    for number, entry in enumerate(found):
        instances = entry.get("instances") if isinstance(entry, dict) else None
        if not isinstance(instances, list):
            raise file_error(path, f"entry {number}", "has no instances", "give MMPose predictions")
        frame = document.frames.setdefault(str(entry.get("frame_id", number)), [])
        for instance in instances:
            if not isinstance(instance, dict):
                raise file_error(path, f"entry {number}", "has a wrong instance", "give MMPose predictions")
            xy = _numbers(path, f"keypoints of frame {number}", instance.get("keypoints"), 2)
            scores = _numbers(path, f"keypoint_scores of frame {number}", instance.get("keypoint_scores"), 0)
            if len(scores) != len(xy):
                raise file_error(
                    path,
                    f"frame {number}",
                    f"has {len(xy)} keypoints but {len(scores)} scores",
                    "export it again",
                )
            points = np.column_stack([xy, scores])
            frame.append(
                _Person(points, _track(path, instance.get("track_id")), _score(instance.get("bbox_score"), points))
            )
    return document


def _mmpose_skeleton(info: Any) -> Skeleton | None:
    names = info.get("keypoint_id2name") if isinstance(info, dict) else None
    is_h36m = isinstance(names, dict) and len(names) == 17 and names.get("0") in ("root", "pelvis")
    return H36M_17 if is_h36m else None


def _triples(path: Path, where: str, flat: Any) -> Float:
    numbers = _numbers(path, where, flat, 0)
    if len(numbers) % 3:
        raise file_error(path, where, f"has {len(numbers)} numbers, not x, y, confidence for each", "export it again")
    return numbers.reshape(-1, 3)


def _numbers(path: Path, where: str, value: Any, width: int) -> Float:
    """Return a list of finite numbers (N,), or of rows of `width` numbers (N, width)."""
    rows: list[Any] = value if isinstance(value, list) and value else [None]
    if width:
        shaped = all(isinstance(row, list) and len(row) == width for row in rows)
        rows = [n for row in rows for n in row] if shaped else [None]
    good = all(type(n) in (int, float) for n in rows)
    try:
        numbers = np.array(rows if good else [np.nan], dtype=np.float64)
    except OverflowError:
        numbers = np.array([np.nan])
    if not (np.abs(numbers) <= _LARGEST).all():  # NaN compares false
        raise file_error(path, where, "are not all finite numbers of pixels", "export it again")
    return numbers if width == 0 else numbers.reshape(-1, width)


def _track(path: Path, value: Any) -> int | None:
    """Return a track's number, which AlphaPose and OpenPose may wrap into a list; -1 means none. Raises InputError."""
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, int | float) or not value >= 0:  # NaN is none either
        return None
    if value > _LARGEST_TRACK:
        raise file_error(path, "track", "of a person is a gigantic number", "export it again")
    return int(value)


def _score(value: Any, points: Float) -> float:
    while isinstance(value, list) and value:
        value = value[0]
    usable = isinstance(value, int | float) and abs(value) <= _LARGEST
    return float(value) if usable else float(points[:, 2].mean())


# -- The person -------------------------------------------------------------------------------------


def _people(document: _Document) -> dict[str, int | None]:
    """Find the tracks by name; a single entry without a track where the file does not tell people apart."""
    tracks: Counter[int] = Counter()
    for people in document.frames.values():
        here = [p.track for p in people]
        if None in here or len(set(here)) < len(here):  # a number that two people share is no track
            return {_ANYONE: None}
        tracks.update(t for t in here if t is not None)
    if len(tracks) < 2:
        return {_ANYONE: None}
    return {f"person {track}": track for track, _ in sorted(tracks.items(), key=lambda t: (-t[1], t[0]))}


def _crowded(document: _Document) -> bool:
    return any(len(people) > 1 for people in document.frames.values())


def _follow(path: Path, document: _Document, track: int | None) -> tuple[Float, list[str]]:
    """Follow one person's points (T, K, 3) through time, zero where missing, and notes."""
    order, notes = _timeline(document)
    sizes = Counter(len(p.points) for people in document.frames.values() for p in people)
    if len(sizes) > 1:
        counts = ", ".join(map(str, sorted(sizes)))
        raise file_error(path, "keypoints", f"number {counts} in different entries", "give one kind of model's output")
    points = np.zeros((len(order), next(iter(sizes)), 3))
    last: Float | None = None
    missing = 0
    for t, name in enumerate(order):
        people = document.frames.get(name, [])
        if track is not None:
            people = [p for p in people if p.track == track]
        if not people:
            missing += 1
            continue
        points[t] = last = _pick(people, last).points
    if missing:
        notes.append(f"Not seen in {missing} of {len(order)} frames.")
    return points, notes


def _pick(people: list[_Person], last: Float | None) -> _Person:
    """Choose the person nearest to where one was last seen; at first the one who is seen best."""
    if last is None:
        return max(people, key=lambda p: p.score)
    return min(people, key=lambda p: _apart(p.points, last))


def _apart(a: Float, b: Float) -> float:
    """Return the mean distance in pixels of the points that both see."""
    both = (a[:, 2] > 0) & (b[:, 2] > 0)
    return float(np.linalg.norm(a[both, :2] - b[both, :2], axis=1).mean()) if both.any() else np.inf


def _timeline(document: _Document) -> tuple[list[str], list[str]]:
    """Return frame names in order of time, "" where a number is skipped, and notes."""
    numbers = {name: _frame_number(name) for name in document.frames}
    by_number = {n: name for name, n in numbers.items() if n is not None}
    if len(by_number) < len(numbers):
        return list(document.frames), ["Frames taken in the order of the file."]
    first, last = min(by_number), max(by_number)
    if last - first >= 4 * len(by_number) + 100:
        return [by_number[n] for n in sorted(by_number)], [
            "Frame numbers leap, so frames were taken one after the other."
        ]
    return [by_number.get(n, "") for n in range(first, last + 1)], []


def _frame_number(name: str) -> int | None:
    """Return the last number in a frame's name: "video_000000000012_keypoints" -> 12, "7.jpg" -> 7."""
    stem = re.sub(r"\.[A-Za-z]\w*$", "", name)
    found = re.findall(r"\d{1,18}", stem)
    return int(found[-1]) if found else None


# -- Points and image -----------------------------------------------------------------------------


def _layout(path: Path, document: _Document, points: Float) -> tuple[Skeleton, list[int]]:
    count = points.shape[1]
    if document.skeleton is not None and count == len(document.skeleton):
        return document.skeleton, list(range(count))
    if count not in _LAYOUTS:
        known = ", ".join(map(str, _LAYOUTS))
        raise file_error(path, "keypoints", f"number {count} a person", f"give a layout of {known} points")
    return _LAYOUTS[count]


def _size(path: Path, unit: str | None) -> tuple[int, int] | None:
    if unit is None:
        return None
    found = re.fullmatch(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", unit.strip())
    if found is None or 0 in (size := (int(found[1]), int(found[2]))):
        raise InputError(f'{path.name}: keypoints are in pixels; as unit give the image\'s size, such as "1920x1080".')
    return size


def _pixels(
    path: Path, xy: Float, seen: NDArray[np.bool_], image: tuple[int, int] | None, notes: list[str]
) -> tuple[Float, tuple[int, int]]:
    """Return points in pixels and the image's size, assumed where it is not known; unseen points become 0."""
    if not seen.any():
        raise file_error(path, "confidence", "is 0 everywhere", "give a file in which the person was seen")
    low, high = np.percentile(xy[seen], 1, axis=0), np.percentile(xy[seen], 99, axis=0)
    normalised = high.max() <= 1.5 and low.min() >= -1.5
    if image is None:
        sizes = _PICTURES if high[0] >= high[1] else [(h, w) for w, h in _PICTURES]
        sizes = sizes[2:3] if normalised else [s for s in sizes if s[0] >= high[0] and s[1] >= high[1]]
        image = sizes[0] if sizes else (int(np.ceil(high[0])), int(np.ceil(high[1])))
        notes.append(f"Image size {image[0]}x{image[1]} assumed; the file does not hold it.")
    if normalised:
        notes.append("Coordinates were relative to the image.")
        xy = (xy if low.min() > -0.5 else (xy + 1) / 2) * np.array(image)
    return np.where(seen[..., None], xy, 0.0), image
