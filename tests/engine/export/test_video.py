"""Videos come back as they were written, in a codec that browsers play; pictures too."""

import os

import av
import cv2
import numpy as np
import pytest

import engine.export.video as module
from engine.errors import InputError
from engine.export.picture import save_png
from engine.export.video import H264, MPEG4, write_video
from engine.progress import Cancelled

COLOURS = [(213, 94, 0), (0, 158, 115), (86, 180, 233), (12, 12, 12), (255, 255, 255), (200, 40, 40)]


def pictures_of(size, count=12):
    width, height = size
    return [np.full((height, width, 3), COLOURS[k % len(COLOURS)], np.uint8) for k in range(count)]


@pytest.fixture(params=[H264, MPEG4])
def codec(request, monkeypatch):
    if request.param == MPEG4:
        monkeypatch.setattr(module, "has_h264", lambda: False)
    return request.param


def test_this_installation_has_h264():
    assert module.has_h264()


def test_video_round_trip(tmp_path, codec):
    pictures = pictures_of((96, 64))
    video = write_video(tmp_path / "v.mp4", iter(pictures), 25.0)
    assert (video.pictures, video.codec) == (12, codec)
    with av.open(str(tmp_path / "v.mp4")) as file:
        (stream,) = file.streams
        assert stream.codec_context.codec.name == ("h264" if codec == H264 else "mpeg4")
        assert (stream.width, stream.height, stream.pix_fmt) == (96, 64, "yuv420p")
        assert stream.frames == 12 and float(stream.duration * stream.time_base) == pytest.approx(12 / 25)
        frames = list(file.decode(stream))
    assert [frame.time for frame in frames] == pytest.approx([k / 25 for k in range(12)])
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - picture).max() < 12  # the codec is lossy


def test_other_readers_see_the_same(tmp_path):
    pictures = pictures_of((96, 64))
    write_video(tmp_path / "v.mp4", iter(pictures), 29.97)
    video = cv2.VideoCapture(str(tmp_path / "v.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(29.97) and video.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    for picture in pictures:
        done, frame = video.read()
        assert done and np.abs(frame[..., ::-1].astype(int) - picture).max() < 12
    assert not video.read()[0]


def test_h264_says_which_colours_it_means_and_starts_before_it_is_whole(tmp_path):
    write_video(tmp_path / "v.mp4", iter(pictures_of((96, 64))), 30.0)
    with av.open(str(tmp_path / "v.mp4")) as file:
        context = file.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    data = (tmp_path / "v.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_odd_sizes_get_one_pixel_more(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (33, 47, 3)).astype(np.uint8)
    picture = cv2.resize(cv2.GaussianBlur(picture, (0, 0), 6), (47, 33))
    write_video(tmp_path / "v.mp4", [picture] * 3, 30.0)
    with av.open(str(tmp_path / "v.mp4")) as file:
        frame = next(file.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert frame.shape == (34, 48, 3)
    assert np.abs(frame[:33, :47] - picture).mean() < 4
    assert np.abs(frame[33, :47] - picture[32]).mean() < 6


def test_what_a_browser_cannot_play_is_said(tmp_path, codec):
    note = write_video(tmp_path / "v.mp4", pictures_of((32, 32)), 30.0).note
    if codec == H264:
        assert note == ""
    else:
        assert "v.mp4" in note and "browsers" in note and "av" in note and note.endswith(".") and note.count(". ") == 0


def test_a_build_without_x264_is_no_h264(monkeypatch):
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    assert not module.has_h264()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
def test_a_video_that_is_stopped_leaves_nothing(tmp_path, codec, stop):
    def broken():
        yield from pictures_of((64, 64), 3)
        raise stop

    with pytest.raises(stop):
        write_video(tmp_path / "v.mp4", broken(), 30.0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path, codec):
    (tmp_path / "file").write_text("")
    (tmp_path / "v.mp4").mkdir()
    for path in (tmp_path / "file" / "v.mp4", tmp_path / "v.mp4"):
        with pytest.raises(InputError, match=r"v\.mp4: video cannot be written"):
            write_video(path, pictures_of((64, 64), 2), 30.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "v.mp4"]


def test_no_pictures_are_no_file(tmp_path, codec):
    with pytest.raises(InputError, match=r"v\.mp4: video would have no picture"):
        write_video(tmp_path / "v.mp4", [], 30.0)
    assert list(tmp_path.iterdir()) == []


def test_png_round_trip(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    save_png(picture, tmp_path / "new" / "p.png")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "new" / "p.png"))[..., ::-1], picture)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_png(picture, tmp_path / "file" / "p.png")


def test_opencv_s_qt_is_not_left_in_the_environment():
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ and "QT_QPA_FONTDIR" not in os.environ
