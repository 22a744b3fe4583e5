"""Videos as recordings: a detector on every picture, keypoints that are kept, one person or several, commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from camera_fakes import write_video
from film_fakes import Knows, film, one, standing, use
from live_detector_fakes import person
from typer.testing import CliRunner

from engine.cameras.video_file import open_video
from engine.cli.app import app
from engine.data.registry import expand, open_motion
from engine.detector import filmed_kept, filmed_people_kept
from engine.detector.library import installed
from engine.errors import InputError
from engine.experiment.sources import open_recording, sources
from engine.live.frame import PictureFrame
from engine.live.observer import Observer
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.progress import Cancelled, watched


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    filmed_kept._LATEST.clear()
    return tmp_path / "cache" / "kinestate" / "detections"


def opened(path: Path, **options: object) -> Keypoints2D:
    found = open_recording(str(path), **options).recording  # type: ignore[arg-type]
    assert isinstance(found, Keypoints2D)
    return found


def test_every_picture_is_looked_at_once_and_named_by_its_content(tmp_path, monkeypatch) -> None:
    detector = use(monkeypatch, Knows(one))
    found = opened(film(tmp_path / "walk.mp4"))
    assert detector.seen == list(range(40)) and found.name == "walk" and found.image_size == (128, 96)
    np.testing.assert_allclose(found.times, np.arange(40) / 25)
    np.testing.assert_allclose(found.xy, [standing(k) for k in range(40)], atol=1e-9)
    assert found.skeleton is H36M_17 and found.provenance.assumed == ("detector heavy",)
    assert found.provenance.format == "video" and "25 Hz" in found.provenance.rate
    filmed_kept._LATEST.clear()
    again = opened(tmp_path / "walk.mp4")
    assert len(detector.seen) == 40 and again.xy.tobytes() == found.xy.tobytes()
    (tmp_path / "other").mkdir()
    (tmp_path / "walk.mp4").rename(tmp_path / "other" / "walk.mp4")
    film(tmp_path / "walk.mp4", frames=20)  # another one of the same name
    assert len(opened(tmp_path / "walk.mp4")) == 20 and len(detector.seen) == 60
    opened(tmp_path / "walk.mp4", detector="lite")
    assert len(detector.seen) == 80 and len(list(tmp_path.glob(".walk.mp4.*.npz"))) == 3


def test_keypoints_go_beside_the_video_else_to_the_cache_else_stay_in_memory(tmp_path, monkeypatch, cache) -> None:
    detector = use(monkeypatch, Knows(one))
    (tmp_path / "locked").mkdir()
    path = film(tmp_path / "locked" / "walk.mp4", frames=10)
    path.parent.chmod(0o555)
    opened(path)
    filmed_kept._LATEST.clear()
    opened(path)
    assert len(detector.seen) == 10 and [file.name for file in path.parent.iterdir()] == ["walk.mp4"]
    (kept,) = cache.glob("walk.mp4.heavy-*.npz")
    kept.write_bytes(kept.read_bytes()[:200])  # damaged: found again
    filmed_kept._LATEST.clear()
    opened(path)
    assert len(detector.seen) == 20

    def full(*_: object) -> None:
        raise InputError("walk.npz: the disk is full.")

    monkeypatch.setattr(filmed_kept, "save_bytes", full)
    kept.unlink()
    filmed_kept._LATEST.clear()
    opened(path)
    opened(path)
    assert len(detector.seen) == 30
    path.parent.chmod(0o755)


def test_without_a_detector_what_is_kept_opens_and_the_rest_names_the_command(tmp_path, monkeypatch) -> None:
    use(monkeypatch, Knows(one))
    kept, new = film(tmp_path / "kept.mp4"), film(tmp_path / "new.mp4", frames=12)
    opened(kept, detector="full")
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    assert opened(kept).provenance.assumed == ("detector full",)
    done = CliRunner().invoke(app, ["info", str(new)])
    assert done.exit_code == 2
    (said,) = done.stderr.splitlines()
    assert "is not set up here; run: kinestate detector setup" in said
    done = CliRunner().invoke(app, ["info", str(new), "--detector", "other"])
    assert done.exit_code == 2 and "Detector 'other' is not known" in done.stderr


def test_pictures_of_their_own_times_and_those_without_the_person(tmp_path, monkeypatch) -> None:
    """A picture in which nobody is found gives no frame; footage goes by the video's clock, as the frames do."""
    times = 0.2 + np.cumsum([0.0, 0.033, 0.1, 0.02, 0.25, 0.04, 0.12, 0.03, 0.05, 0.07])
    path = tmp_path / "uneven.mp4"
    write_video(path, times)
    gone = (0, 4, 5)
    use(monkeypatch, Knows(lambda number: [] if number in gone else one(number)))
    found, there = opened(path), [k for k in range(10) if k not in gone]
    np.testing.assert_allclose(found.times, times[there] - times[1], atol=1e-3)
    np.testing.assert_allclose(found.xy, [standing(k) for k in there])
    notes = " ".join(found.provenance.notes)
    assert "Found in 7 of 10 pictures" in notes and "Not seen in 2 pictures between" in notes
    assert "variable" in found.provenance.rate
    footage = found.provenance.footage
    assert footage is not None and footage.path == path
    np.testing.assert_allclose([footage.at(t) for t in found.times], footage.seconds)
    np.testing.assert_allclose(np.diff(footage.seconds), np.diff(found.times))
    given = opened(path, rate_hz=10)
    np.testing.assert_allclose(given.times, (np.array(there) - 1) / 10)
    assert given.provenance.footage is not None and given.provenance.footage.at(0.9 - 0.1) == footage.seconds[-1]


def test_it_is_what_a_camera_would_have_given(tmp_path, monkeypatch) -> None:
    """Sides that the detector exchanged are put back; the same frames as live."""

    def answer(number: int) -> list:
        xy = standing(number)
        return [person(xy[H36M_17.mirror] if number in (12, 13, 14) else xy)]

    use(monkeypatch, Knows(answer))
    found = opened(film(tmp_path / "v.mp4", frames=30))
    np.testing.assert_allclose(found.xy, [standing(k) for k in range(30)], atol=1e-9)
    assert any("put back in 3 pictures" in note for note in found.provenance.notes)
    observer, black = Observer("v"), np.zeros((96, 128, 3), np.uint8)
    for k, time in enumerate(found.times):
        _, live = observer.push(PictureFrame(float(time), 0.0, black, k), answer(k), H36M_17, 0.0, 0.0)
        assert live is not None and np.array_equal(live.observation.xy[0], found.xy[k])
        assert np.array_equal(live.observation.confidence[0], found.confidence[k])


def two(number: int) -> list:
    """A small one first, by the detector's order, and a tall one; somebody else for two pictures."""
    tall, small = person(standing(number, aside=-30)), person(standing(number, aside=35, size=0.5), score=0.95)
    return [small, tall, *([person(standing(number, aside=10, size=0.3))] if number in (5, 6) else [])]


def test_several_people_are_told_apart_and_chosen(tmp_path, monkeypatch) -> None:
    use(monkeypatch, Knows(two))
    path = film(tmp_path / "two.mp4")
    assert [source.name for source in sources(str(path))] == ["two person 1", "two person 2"]
    tall, small = (opened(path, select=f"person {k}") for k in (1, 2))
    np.testing.assert_allclose(tall.xy[7], standing(7, aside=-30))
    np.testing.assert_allclose(small.xy[7], standing(7, aside=35, size=0.5))
    first = open_recording(str(path), first=True)
    assert first.siblings == ("two person 1", "two person 2") and first.recording.name == "two person 1"
    with pytest.raises(InputError, match="choose one of two person 1, two person 2"):
        opened(path, select="person 3")
    with pytest.raises(InputError, match="holds 2 clips"):
        opened(path)


def test_nobody_and_no_video_are_said(tmp_path, monkeypatch) -> None:
    use(monkeypatch, Knows(lambda number: []))
    with pytest.raises(InputError, match=r"^v\.mp4: video shows nobody whom the detector finds; give one"):
        opened(film(tmp_path / "v.mp4"))
    (tmp_path / "w.webm").write_bytes(b"\x1aE\xdf\xa3" + bytes(100))
    with pytest.raises(InputError, match=r"^w\.webm: video cannot be opened"):
        opened(tmp_path / "w.webm")
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x20ftypheic" + bytes(100))
    with pytest.raises(InputError, match="content is of no known format"):
        opened(tmp_path / "photo.heic")


def test_it_says_how_far_it_is_and_is_cancelled(tmp_path, monkeypatch) -> None:
    detector = use(monkeypatch, Knows(one))
    path, shares = film(tmp_path / "v.mp4"), []
    with watched(share=shares.append):
        opened(path)
    assert shares == sorted(shares) and len(shares) > 10 and 0.9 < shares[-1] <= 1
    for kept in tmp_path.glob(".v.mp4*"):
        kept.unlink()
    filmed_kept._LATEST.clear()
    detector.seen.clear()
    with pytest.raises(Cancelled), watched(cancel=lambda: len(detector.seen) >= 7):
        opened(path)
    assert len(detector.seen) == 7 and not list(tmp_path.glob(".v.mp4*"))


def exchanged(number: int) -> list:
    """Somebody whose left and right are exchanged in two pictures, and somebody smaller."""
    there = standing(number)
    there = there[H36M_17.mirror] if number in (15, 16) else there
    return [person(there), person(standing(number, aside=45, size=0.4))]


def test_who_is_who_in_long_videos_is_kept_and_equal(tmp_path, monkeypatch) -> None:
    """Followed once; again where what is kept is damaged, is of other keypoints, or other code followed."""
    use(monkeypatch, Knows(exchanged))
    path, followed = film(tmp_path / "v.mp4"), []
    follow = filmed_people_kept.people_of
    monkeypatch.setattr(filmed_people_kept, "people_of", lambda film: followed.append(film) or follow(film))

    def again() -> list[bytes]:
        filmed_kept._LATEST.clear()
        filmed_people_kept.people_in.cache_clear()
        both = [opened(path, select=f"person {k}") for k in (1, 2)]
        assert "were put back in 2 pictures" in " ".join(both[0].provenance.notes)
        np.testing.assert_allclose(both[0].xy, [standing(k) for k in range(40)])
        return [array.tobytes() for one in both for array in (one.xy, one.confidence, one.times)]

    plain = again()
    assert len(followed) == 1 and not list(tmp_path.glob(".v.mp4.people*"))  # too short to be worth it
    monkeypatch.setattr(filmed_people_kept, "LONG", 10)
    for times in (2, 2, 2):
        assert again() == plain and len(followed) == times
    (kept,) = tmp_path.glob(".v.mp4.people-*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:300])
    assert again() == plain and len(followed) == 3 and kept.read_bytes() == whole
    with np.load(kept) as held:
        arrays = {**held, "places 0": np.full(40, 7)}
    np.savez(kept, **arrays)  # somebody who is not there
    assert again() == plain and len(followed) == 4
    monkeypatch.setattr(filmed_people_kept, "_RULES", (filmed_people_kept,))
    assert again() == plain and len(followed) == 5


def test_following_says_how_far_it_is_and_is_cancelled(tmp_path, monkeypatch) -> None:
    use(monkeypatch, Knows(exchanged))
    path = film(tmp_path / "v.mp4")
    opened(path, select="person 1")
    monkeypatch.setattr(filmed_people_kept, "LONG", 10)
    filmed_people_kept.people_in.cache_clear()
    shares: list[float] = []
    with pytest.raises(Cancelled), watched(cancel=lambda: bool(shares) and shares[-1] > 0.7, share=shares.append):
        opened(path, select="person 1")
    assert shares == sorted(shares) and len(shares) > 20 and not list(tmp_path.glob(".v.mp4.people*"))
    with watched(share=shares.append):
        opened(path, select="person 1")
    assert 0.95 < shares[-1] <= 1


def test_folders_pass_videos_over(tmp_path, monkeypatch) -> None:
    detector = use(monkeypatch, Knows(one))
    opened(film(tmp_path / "v.mp4", frames=10))
    (tmp_path / "walk.json").write_text(json.dumps([{"image_id": 0, "keypoints": [10.0, 20.0, 1.0] * 17, "score": 1}]))
    assert [source.name for source in expand(tmp_path)] == ["walk"] and len(detector.seen) == 10


def test_eval_takes_a_video(tmp_path, monkeypatch) -> None:
    use(monkeypatch, Knows(one))
    path, out = film(tmp_path / "walk.mp4"), tmp_path / "o.json"
    args = ["eval", "--clip", str(path), "--model", "hummuss_small_anyrate_causal", "--json", str(out)]
    done = CliRunner().invoke(app, [*args, "--detector", "full"])
    assert done.exit_code == 0, done.output
    assert "assumed: detector full; height 1.70 m" in done.stdout and "40 frames at 25 Hz" in done.stdout
    told = json.loads(out.read_text())
    assert told["assumed"][0] == "detector full" and told["settings"]["source"]["overrides"]["detector"] == "full"


VIDEO = (
    Path(__file__).resolve().parents[4] / "shared" / "data" / "multiview" / "pose2sim_single" / "videos" / "cam03.mp4"
)


@pytest.mark.slow
@pytest.mark.skipif(not VIDEO.exists(), reason="the recording of four cameras is not here")
@pytest.mark.skipif(
    "lite" not in installed(), reason="the detector is not set up: kinestate detector setup --which lite"
)
def test_the_real_detector_on_a_real_video(tmp_path, monkeypatch) -> None:
    monkeypatch.undo()  # the detector lies in the real cache
    path = tmp_path / "cam03.mp4"
    path.write_bytes(VIDEO.read_bytes())
    out = tmp_path / "o.json"
    args = ["eval", "--clip", str(path), "--model", "hummuss_small_anyrate_causal", "--json", str(out)]
    done = CliRunner().invoke(app, [*args, "--detector", "lite"])
    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text())
    assert told["frames"] == 100 and told["assumed"][0] == "detector lite"
    found = open_motion(path)  # kept by lite only: heavy is asked for, where it is there
    assert isinstance(found, Keypoints2D) and found.image_size == (1088, 1920) and len(found) == 100
    assert np.isfinite(found.xy).all() and (found.xy[..., 1].min(1) > 300).all() and found.confidence.all()
    jumps = np.linalg.norm(np.diff(found.xy, axis=0), axis=-1)
    assert np.median(jumps) < 10 and jumps.mean() < 20


@pytest.mark.parametrize("start", [b"OggS", b"FLV\x01", b"\x00\x00\x00\x20ftypisom", b"\x1aE\xdf\xa3"])
def test_a_file_that_only_begins_like_a_video_is_refused_in_a_sentence(tmp_path, start):
    (tmp_path / "a.pkl").write_bytes(start)
    with pytest.raises(InputError, match=r"^a\.pkl: video cannot be opened; choose another file"):
        open_video(tmp_path / "a.pkl")
