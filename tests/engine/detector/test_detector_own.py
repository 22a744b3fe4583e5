"""Own ONNX files: recognised, described, run by both engines, and refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from network_fakes import People, answering, model_of
from onnx import TensorProto, helper, numpy_helper

from engine.detector import networks
from engine.detector.library import open_detector
from engine.detector.own.decoding import rtmo, simcc, yolo, yolo_one_each
from engine.detector.own.everybody import fitted
from engine.detector.own.layout import describe, recognise
from engine.detector.own.one_person import crop_matrix
from engine.detector.own.opening import open_own
from engine.detector.own.signature import read_signature
from engine.errors import InputError

PICTURE = np.zeros((360, 640, 3), np.uint8)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes, name: str = "mine.onnx") -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.fixture(params=["onnxruntime", "opencv"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "onnxruntime" and not networks.has_onnxruntime():
        pytest.skip("onnxruntime is not installed")
    monkeypatch.setattr(networks, "has_onnxruntime", lambda: request.param == "onnxruntime")
    return request.param


def simcc_file(points: int = 17) -> bytes:
    """Every point at (24, 16) of 48 x 64, certain to 0.8."""
    x, y = np.zeros((1, points, 96), np.float32), np.zeros((1, points, 128), np.float32)
    x[:, :, 48], y[:, :, 32] = 0.9, 0.8
    return answering({"simcc_x": x, "simcc_y": y})


def rtmo_file() -> bytes:
    boxes = np.array([[[10, 10, 50, 50, 0.9], [11, 10, 51, 50, 0.8], [100, 10, 140, 90, 0.7], [0, 0, 9, 9, 0.1]]])
    people = np.tile(np.array([20, 30, 0.5]), (1, 4, 17, 1))
    return answering({"dets": boxes.astype(np.float32), "keypoints": people.astype(np.float32)}, (1, 3, 160, 160))


def yolo_rows() -> np.ndarray:
    rows = np.zeros((3, 56), np.float32)
    rows[:, :5] = [[80, 80, 40, 60, 0.9], [81, 80, 40, 60, 0.6], [30, 80, 20, 60, 0.5]]
    rows[:, 5::3], rows[:, 6::3], rows[:, 7::3] = 80, 90, 0.7
    return rows


def test_rtmpose_is_described_and_run(written: Callable[..., Path], engine: str):
    path = written(simcc_file())
    said = describe(path)
    assert said.startswith("mine.onnx: RTMPose (SimCC), 17 points read as COCO-17, pictures of 48 x 64")
    people = People(((150.0, 200.0), (150.0, 120.0)))
    signature = read_signature(path)
    detector = open_own(signature, recognise(signature), people.find)  # type: ignore[arg-type]
    for picture in range(3):
        found = detector.detect(PICTURE)
        # every point is in one place, which makes no box: it is given up, and sought again
        assert len(found) == 1, picture
        assert found[0].score == pytest.approx(0.8)
    matrix = crop_matrix((70, 120, 230, 280), 48, 64)  # the first look, around the square that was found
    np.testing.assert_allclose(matrix @ (24, 32, 1), (150, 200))
    assert len(people.sought) >= 1
    detector.reset()


def test_the_first_look_of_rtmpose(written: Callable[..., Path]):
    signature = read_signature(written(simcc_file()))
    people = People(((150.0, 200.0), (150.0, 120.0)))
    detector = open_own(signature, recognise(signature), people.find)  # type: ignore[arg-type]
    (found,) = detector.detect(PICTURE)
    pixel = 200 / 48  # a square of 200 pixels, as wide as the network's input
    np.testing.assert_allclose(found.xy, [[150, 200 - 16 * pixel]] * 17, atol=1e-6)
    assert found.confidence == pytest.approx(np.full(17, 0.8))


def test_rtmo_is_described_and_run(written: Callable[..., Path], engine: str):
    path = written(rtmo_file())
    assert "RTMO, 17 points read as COCO-17" in describe(path)
    found = open_detector(str(path)).detect(PICTURE, 5)
    assert [round(one.score, 3) for one in found] == [0.9, 0.7]  # the second box is the first person's
    np.testing.assert_allclose(found[0].xy, [[80, 120]] * 17)  # the picture of 640 is shown in 160 pixels
    assert found[0].box == pytest.approx((40, 40, 200, 200))
    assert len(open_detector(str(path)).detect(PICTURE)) == 1


@pytest.mark.parametrize("one_each", [False, True])
def test_yolo_is_described_and_run(written: Callable[..., Path], engine: str, one_each: bool):
    rows = yolo_rows()
    if one_each:
        half = rows[:, 2:4] / 2
        corners = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
        rows = np.concatenate([corners, rows[:, 4:5], np.zeros((3, 1)), rows[:, 5:]], axis=1).astype(np.float32)
    answer = rows[None] if one_each else rows.T[None]
    path = written(answering({"output0": answer}, (1, 3, 160, 160)))
    assert "YOLO-pose" in describe(path)
    found = open_detector(str(path)).detect(PICTURE, 5)
    assert [round(one.score, 3) for one in found] == [0.9, 0.5]
    # 640 x 360 lies in rows 35 to 125 of 160: 4 pixels to one
    np.testing.assert_allclose(found[0].xy, [[320, (90 - 35) * 4]] * 17)
    assert found[0].box == pytest.approx((240, 60, 400, 300))


def test_sizes_that_the_file_leaves_open(written: Callable[..., Path]):
    boxes, people = np.zeros((1, 2, 5), np.float32), np.zeros((1, 2, 17, 3), np.float32)
    open_shapes: dict[str, Any] = {"dets": ["batch", "people", 5], "keypoints": ["batch", "people", 17, 3]}
    content = answering({"keypoints": people, "dets": boxes}, ("batch", 3, 640, 640), open_shapes)
    layout = recognise(read_signature(written(content)))
    assert (layout.kind, layout.width, layout.outputs) == ("RTMO", 640, ("dets", "keypoints"))


def test_decoding_simcc():
    x, y = np.zeros((2, 20)), np.zeros((2, 40))
    x[0, 7], y[0, 31] = 0.5, 2.0
    x[1, 0], y[1, 39] = 3.0, 1.5
    places, confidence = simcc(x, y, 10, 20)
    np.testing.assert_allclose(places, [[3.5, 15.5], [0, 19.5]])
    assert confidence.tolist() == [0.5, 1.0]


def test_people_that_are_no_numbers_are_left_out():
    rows = yolo_rows()
    rows[0, 9] = np.nan
    rows[1, 4] = np.inf
    assert yolo(rows).scores.tolist() == [1.0, 0.5]
    assert len(rtmo(np.full((2, 5), np.nan), np.zeros((2, 17, 3))).scores) == 0
    assert len(yolo_one_each(np.zeros((0, 57))).scores) == 0


def test_a_picture_is_fitted_in_the_middle():
    picture = np.full((50, 100, 3), 200, np.uint8)
    inside, scale, place = fitted(picture, 40, 40, centred=True)
    assert (scale, place.tolist()) == (0.4, [0, 10])
    assert (inside[10:30] == 200).all()
    assert (inside[:10] == 114).all()
    assert fitted(picture, 40, 40, centred=False)[2].tolist() == [0, 0]


def refused(path: Path, why: str) -> None:
    with pytest.raises(InputError, match=why) as error:
        open_detector(str(path))
    assert path.name in str(error.value)
    with pytest.raises(InputError):
        describe(path)


def test_other_networks_are_refused(written: Callable[..., Path]):
    refused(written(answering({"labels": np.zeros((1, 1000), np.float32)})), "neither RTMPose")
    refused(written(answering({"output0": np.zeros((1, 84, 100), np.float32)})), "neither RTMPose")
    refused(written(answering({"output0": np.zeros((1, 56, 9), np.float32)}, (1, 3, 4096, 4096))), "too large")
    refused(
        written(answering({"a": np.zeros((1, 17, 96), np.float32), "b": np.zeros((1, 18, 128), np.float32)})), "neither"
    )


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\xff" * 1000, b"PK\x03\x04 no network", b"\x08\x08"])
def test_what_is_no_network_is_refused(written: Callable[..., Path], content: bytes):
    refused(written(content), "is empty|is no ONNX network")


def test_a_missing_file_and_a_folder(tmp_path: Path):
    refused(tmp_path / "none.onnx", "does not exist")
    (tmp_path / "folder.onnx").mkdir()
    refused(tmp_path / "folder.onnx", "is a folder")


def test_damaged_files_never_crash(written: Callable[..., Path]):
    content = rtmo_file()
    random = np.random.default_rng(0)
    for _ in range(100):
        damaged = bytearray(content)
        for at in random.integers(0, len(damaged), 3):
            damaged[at] = random.integers(256)
        try:
            open_detector(str(written(bytes(damaged[: random.integers(1, len(damaged) + 1)])))).detect(PICTURE)
        except InputError:
            continue


def test_numbers_in_another_file_are_not_read(written: Callable[..., Path], tmp_path: Path):
    (tmp_path / "secret").write_bytes(bytes(4 * 56 * 3))
    model = onnx.load_model_from_string(answering({"output0": yolo_rows().T[None]}, (1, 3, 160, 160)))
    tensor = next(t for t in model.graph.initializer if t.name == "output0 told")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret")
    refused(written(model.SerializeToString()), "keeps its numbers in another file")


def test_loops_are_refused(written: Callable[..., Path]):
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still on"]), helper.make_node("Identity", ["x"], ["y"])],
        "body",
        [
            helper.make_tensor_value_info("n", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 160, 160]),
        ],
        [
            helper.make_tensor_value_info("still on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 160, 160]),
        ],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["", "true", "picture"], ["out"], body=body)],
        "for ever",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 160, 160])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3, 160, 160])],
        [numpy_helper.from_array(np.array(True), "true")],
    )
    refused(written(model_of(graph)), "has Loop in it")


@pytest.mark.parametrize("step", ["ConstantOfShape", "Conv"])
def test_networks_that_need_too_much_memory_are_refused(written: Callable[..., Path], step: str):
    big = {
        "ConstantOfShape": (["size"], np.array([1 << 40])),
        "Conv": (["picture", "size"], np.zeros((65536, 3, 1, 1), np.float32)),
    }[step]
    graph = helper.make_graph(
        [
            helper.make_node(step, big[0], ["much"]),
            helper.make_node("ReduceMax", ["much"], ["most"], keepdims=0),
            helper.make_node("Add", ["told", "most"], ["output0"]),
        ],
        "much",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 160, 160])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 56, 3])],
        [numpy_helper.from_array(big[1], "size"), numpy_helper.from_array(yolo_rows().T[None], "told")],
    )
    refused(written(model_of(graph)), "arrays of more than half a gigabyte")


def test_answers_of_other_shapes_than_said_are_refused(written: Callable[..., Path]):
    content = answering({"output0": np.zeros((1, 40, 5), np.float32)}, (1, 3, 160, 160), {"output0": [1, 56, "n"]})
    with pytest.raises(InputError, match=r"mine\.onnx"):
        open_detector(str(written(content)))


def test_boxes_and_points_of_different_people_are_refused(written: Callable[..., Path]):
    boxes, people = np.zeros((1, 4, 5), np.float32), np.zeros((1, 3, 17, 3), np.float32)
    with pytest.raises(InputError, match="has other shapes than it says"):
        open_detector(str(written(answering({"dets": boxes, "keypoints": people}, (1, 3, 160, 160)))))


def test_rtmpose_needs_the_published_finder(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(InputError, match="person network is not set up here; run: kinestate detector setup"):
        open_detector(str(written(simcc_file())))
