"""2D keypoints in JSON: COCO (results and annotations), OpenPose, AlphaPose and MMPose.

    COCO results      [{"image_id", "keypoints": [x, y, c, ...], "score"}, ...]
    COCO annotations  {"images": [...], "annotations": [{"image_id", "keypoints": [x, y, v, ...]}]}
    AlphaPose         as COCO results, image_id a file name, "idx" the track; or {image: {"bodies"}}
    OpenPose          {"people": [{"pose_keypoints_2d": [x, y, c, ...]}]}, one file for each frame, in a folder
    MMPose            {"meta_info", "instance_info": [{"frame_id", "instances": [{"keypoints":
                      [[x, y], ...], "keypoint_scores"}]}]}, or that list alone

and the forms of engine.data.keypoint_forms (MediaPipe, TensorFlow.js, Ultralytics, kinetics-skeleton, nested MMPose).

Hardly any holds a frame rate, and only COCO annotations hold the image's size. Of several people one is
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
from engine.data.joint_sets import SETS, JointSet, set_by_geometry, set_by_names
from engine.data.keypoint_forms import WORDS, as_mmpose
from engine.data.picture_size import FOR_SHARES, Size, likely_sizes
from engine.data.points_in_space import in_space
from engine.data.rates import StatedRate, frame_step, rate_in
from engine.errors import InputError, file_error
from engine.motion.clip import Provenance
from engine.observation.keypoints import Keypoints2D
from engine.observation.people_in_view import PeopleInView
from engine.progress import passing
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
MOST_PEOPLE = 16
"""Of a frame, of those that `read_people` reads."""
_LARGEST = 1e6  # pixels
_LARGEST_TRACK = 1 << 53


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
    image: Size | None = None
    names: list[str] | None = None  # of the joints, where the file has them
    rate: StatedRate | None = None


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is JSON that speaks of keypoints, or a folder of OpenPose frames."""
    if path.is_dir():
        return is_frame_folder(path)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return False
    words = (*_WORDS, *WORDS)
    speaks = any(word in head or (len(head) >= HEAD_BYTES and mentions(path, word)) for word in words)
    return speaks and not in_space(head, path)


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
    return (b'"people"' in head or b'"bodies"' in head) and not in_space(head, files[0])


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
    points, step, notes = _follow(path, document, people[who])
    notes += _unsee_zeros(points)
    joints, assumed = _layout(path, document, points)
    skeleton, points = joints.skeleton, points[:, joints.points]
    assert skeleton is not None
    if len(people) > 1 or _crowded(document):
        notes.append(f"Several people; this is {who}.")
    xy, confidence = points[..., :2], points[..., 2]
    if confidence.max() > 1:
        notes.append(f"Confidences up to {confidence.max():.3g} were cut to 1.")
    confidence = np.clip(confidence, 0, 1)
    stated_image = _size(path, unit) or document.image
    xy, image, others = _pixels(path, xy, confidence > 0, stated_image, notes)
    times, rate, rate_assumed = _times(path, document, len(points), step, rate_hz)
    assumed += rate_assumed
    if stated_image is None:
        assumed += ("picture " + " or ".join(f"{width} x {height}" for width, height in (image, *others)),)
    notes += [f"Assumed: {text}." for text in assumed if text.startswith("joints")]
    return Keypoints2D(
        path.stem, times, xy, confidence, skeleton, image,
        provenance=_provenance(path, document, rate, notes, assumed),
    )  # fmt: skip


def read_people(path: Path, *, rate_hz: float | None = None, unit: str | None = None) -> PeopleInView:
    """Read everybody's keypoints, as `read` one person's; nobody is followed, and of a crowd the surest are taken.

    Raises InputError.
    """
    path = Path(path)
    document = _parse(path)
    order, step, notes = _timeline(document)
    surest = {name: sorted(there, key=lambda p: -p.score)[:MOST_PEOPLE] for name, there in document.frames.items()}
    frames = [surest.get(name, []) for name in order]
    most, points = max(map(len, frames)), _joints_of_one_kind(path, document)
    found = np.zeros((len(frames), most, points, 3))
    for frame, people in enumerate(frames):
        for number, person in enumerate(people):
            found[frame, number] = person.points
    flat = found.reshape(-1, points, 3)
    notes += _unsee_zeros(flat)
    joints, assumed = _layout(path, document, flat)
    skeleton, flat = joints.skeleton, flat[:, joints.points]
    assert skeleton is not None
    confidence = np.clip(flat[..., 2], 0, 1)
    stated = _size(path, unit) or document.image
    xy, image, _ = _pixels(path, flat[..., :2], confidence > 0, stated, notes)
    times, rate, rate_assumed = _times(path, document, len(frames), step, rate_hz)
    where = _provenance(path, document, rate, notes, assumed + rate_assumed)
    shape = (len(frames), most, len(skeleton))
    size = image if stated is not None else None
    return PeopleInView(path.stem, times, xy.reshape(*shape, 2), confidence.reshape(shape), skeleton, size, where)


# -- The forms --------------------------------------------------------------------------------------


def _parse(path: Path) -> _Document:
    if path.is_dir():
        document = _Document("OpenPose")
        files = _frame_files(path)
        for number, file in enumerate(files):
            passing(number / len(files))
            _add_openpose(document, file, file.stem, load_json(file))
    else:
        content = load_json(path)
        document = _interpret(path, content)
        document.rate = _stated_rate(path, content)
    if not any(document.frames.values()):
        raise file_error(path, "people", "are missing", "give a file with keypoints of a person")
    return document


def load_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises InputError."""
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
            document.names = _coco_names(content.get("categories"))
        case {"instance_info": list(found)}:
            document = _mmpose(path, found)
            document.names = _mmpose_names(content.get("meta_info"))
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
            other = as_mmpose(content)
            if other is None:
                remedy = "give COCO, OpenPose, AlphaPose, MMPose, MediaPipe or Ultralytics output"
                raise file_error(path, "content", "is JSON but not keypoints", remedy)
            document = _mmpose(path, other[1])
            document.form = other[0]
    return document


def _coco(path: Path, found: list[Any], form: str) -> _Document:
    document = _Document(form)
    for number, entry in enumerate(found):
        passing(number / len(found))
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
        passing(number / len(found))
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


def _mmpose_names(info: Any) -> list[str] | None:
    names = info.get("keypoint_id2name") if isinstance(info, dict) else None
    numbered = {str(key): name for key, name in names.items()} if isinstance(names, dict) else {}
    return _texts([numbered.get(str(k)) for k in range(len(numbered))])


def _coco_names(categories: Any) -> list[str] | None:
    match categories:
        case [{"keypoints": list(names)}, *_]:
            return _texts(names)
    return None


def _texts(values: list[Any]) -> list[str] | None:
    names = [value for value in values if isinstance(value, str)]
    return names if names and len(names) == len(values) else None


def _stated_rate(path: Path, content: Any) -> StatedRate | None:
    """Return the rate that the file states beside its keypoints, of itself or of its video."""
    if not isinstance(content, dict):
        return None
    videos = content.get("videos")
    tables = [content, content.get("info"), content.get("meta_info"), content.get("metadata"), content.get("video")]
    tables += videos[:1] if isinstance(videos, list) else []
    found = (rate_in(path, table) for table in tables if isinstance(table, dict))
    return next((stated for stated in found if stated is not None), None)


def _triples(path: Path, where: str, flat: Any) -> Float:
    if isinstance(flat, list) and flat and all(isinstance(row, list) for row in flat):
        problem = f"are {len(flat)} lists of {len(flat[0])}, not one flat list"
        raise file_error(path, where, problem, "write x, y, confidence for each in a row, as COCO results do")
    numbers = _numbers(path, where, flat, 0)
    if len(numbers) % 3 and len(numbers) % 2 == 0 and len(numbers) // 2 in SETS:
        problem = f"has {len(numbers)} numbers, which are {len(numbers) // 2} points x, y without a confidence"
        raise file_error(path, where, problem, "add a confidence to each, as COCO results have it")
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


def _follow(path: Path, document: _Document, track: int | None) -> tuple[Float, int, list[str]]:
    """Follow one person's points (T, K, 3) through time, zero where missing; with the step of frames, and notes."""
    order, step, notes = _timeline(document)
    points = np.zeros((len(order), _joints_of_one_kind(path, document), 3))
    last: Float | None = None
    missing = 0
    for t, name in enumerate(order):
        passing()
        people = document.frames.get(name, [])
        if track is not None:
            people = [p for p in people if p.track == track]
        if not people:
            missing += 1
            continue
        points[t] = last = _pick(people, last).points
    if missing:
        notes.append(f"Not seen in {missing} of {len(order)} frames.")
    return points, step, notes


def _joints_of_one_kind(path: Path, document: _Document) -> int:
    """How many points every person has. Raises InputError where they differ."""
    sizes = Counter(len(p.points) for people in document.frames.values() for p in people)
    if len(sizes) > 1:
        counts = ", ".join(map(str, sorted(sizes)))
        raise file_error(path, "keypoints", f"number {counts} in different entries", "give one kind of model's output")
    return next(iter(sizes))


def _unsee_zeros(points: Float) -> list[str]:
    """Take the confidence from points (T, K, 3) at exactly 0, 0, where detectors put what they did not find."""
    nowhere = (points[..., 0] == 0) & (points[..., 1] == 0) & (points[..., 2] > 0)
    points[nowhere, 2] = 0.0
    return [f"{int(nowhere.sum())} points at 0, 0 with a confidence were taken as not seen."] if nowhere.any() else []


def _times(
    path: Path, document: _Document, frames: int, step: int, rate_hz: float | None
) -> tuple[Float, str, tuple[str, ...]]:
    """Return timestamps (frames,), how the rate is known, and what of it is assumed.

    Only every step-th frame of the video is there.
    """
    every = f", one frame in {step} of it" if step > 1 else ""
    if document.rate is None:
        hz, source = ASSUMED_HZ / step, f"assumed, the file holds none{every and f' (30 Hz{every})'}"
    else:
        hz, source = document.rate.hz / step, f"from {document.rate.key}{every}"
    times, rate = uniform_times(path, frames, rate_hz, hz, source)
    known = rate_hz is not None or document.rate is not None
    return times, rate, () if known else (rate.replace(" assumed, the file holds none", ""),)


def _provenance(path: Path, document: _Document, rate: str, notes: list[str], assumed: tuple[str, ...]) -> Provenance:
    return Provenance(str(path), f"{document.form} keypoints", "pixels", "", rate, tuple(notes), assumed=assumed)


def _pick(people: list[_Person], last: Float | None) -> _Person:
    """Choose the person nearest to where one was last seen; at first the one who is seen best."""
    if last is None:
        return max(people, key=lambda p: p.score)
    return min(people, key=lambda p: _apart(p.points, last))


def _apart(a: Float, b: Float) -> float:
    """Return the mean distance in pixels of the points that both see."""
    both = (a[:, 2] > 0) & (b[:, 2] > 0)
    return float(np.linalg.norm(a[both, :2] - b[both, :2], axis=1).mean()) if both.any() else np.inf


def _timeline(document: _Document) -> tuple[list[str], int, list[str]]:
    """Return frame names in order of time, "" where a number is skipped; the step of the numbers, and notes."""
    numbers = {name: _frame_number(name) for name in document.frames}
    by_number = {n: name for name, n in numbers.items() if n is not None}
    if len(by_number) < len(numbers):
        return list(document.frames), 1, ["Frames taken in the order of the file."]
    there = sorted(by_number)
    step = frame_step(there)
    if (there[-1] - there[0]) // step >= 4 * len(there) + 100:
        return [by_number[n] for n in there], 1, ["Frame numbers leap, so frames were taken one after the other."]
    return [by_number.get(n, "") for n in range(there[0], there[-1] + 1, step)], step, []


def _frame_number(name: str) -> int | None:
    """Return the last number in a frame's name: "video_000000000012_keypoints" -> 12, "7.jpg" -> 7."""
    stem = re.sub(r"\.[A-Za-z]\w*$", "", name)
    found = re.findall(r"\d{1,18}", stem)
    return int(found[-1]) if found else None


# -- Points and image -----------------------------------------------------------------------------


def _layout(path: Path, document: _Document, points: Float) -> tuple[JointSet, tuple[str, ...]]:
    """Return the joint set by its names, else by its geometry, and what is assumed of it."""
    if document.names is not None and len(document.names) == points.shape[1]:
        named = set_by_names(path, document.names)
        if named is not None:
            return named, ()
    return set_by_geometry(path, points)


def _size(path: Path, unit: str | None) -> tuple[int, int] | None:
    if unit is None:
        return None
    found = re.fullmatch(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", unit.strip())
    if found is None or 0 in (size := (int(found[1]), int(found[2]))):
        raise InputError(f'{path.name}: keypoints are in pixels; as unit give the image\'s size, such as "1920x1080".')
    return size


def _pixels(
    path: Path, xy: Float, seen: NDArray[np.bool_], image: Size | None, notes: list[str]
) -> tuple[Float, Size, tuple[Size, ...]]:
    """Return points in pixels, the image's size, assumed where it is not known, and others that are as likely.

    Unseen points become 0.
    """
    if not seen.any():
        raise file_error(path, "confidence", "is 0 everywhere", "give a file in which the person was seen")
    low, high = np.percentile(xy[seen], 1, axis=0), np.percentile(xy[seen], 99, axis=0)
    normalised = high.max() <= 1.5 and low.min() >= -1.5
    others: list[Size] = []
    if image is None:
        image, *others = (FOR_SHARES,) if normalised else likely_sizes(xy, seen)
        notes.append(f"Image size {image[0]}x{image[1]} assumed; the file does not hold it.")
    if normalised:
        notes.append("Coordinates were relative to the image.")
        xy = (xy if low.min() > -0.5 else (xy + 1) / 2) * np.array(image)
    return np.where(seen[..., None], xy, 0.0), image, tuple(others)
