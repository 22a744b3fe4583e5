"""The whole chain's table: known answers behind a made-up detector, and the command on a painted clip."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from fake_lifters import Known, swaying
from typer.testing import CliRunner

from engine.cli.app import app
from engine.detector.detection import Detection
from engine.detector.filmed import Filmed
from engine.kinds import as_joints
from engine.motion.skeleton import H36M_17, MEDIAPIPE_33
from engine.observation.virtual_camera import preset_camera
from engine.report.chain import late_frames, painted, recorded
from engine.report.chain.figures import TRUE, measure_chain, pooled
from engine.report.chain.recorded import smoothed
from engine.report.chain.tables import TABLES, Chain, by_person, confidences, overall
from engine.report.chain.watched import Watched, detected

FRAMES, MISSING, SWAPPED = 40, 10, 6


def watched(name: str = "somebody") -> Watched:
    """Seen from the front; in the last quarter nobody is found, in six frames the legs are exchanged from the start."""
    clip = swaying(FRAMES, 30.0)
    camera = preset_camera("front", clip.positions)
    xy, sure = camera.project(clip.positions)[0], np.full((FRAMES, 17), 0.2)
    legs = [j for j, joint in enumerate(H36M_17.names) if joint.split()[-1] in ("hip", "knee", "ankle")]
    xy[:SWAPPED, legs] = xy[:SWAPPED, H36M_17.mirror[legs]]
    sure[-MISSING:] = 0.0
    box = np.concatenate([xy.min(1), xy.max(1)], -1)[:, None]
    film = Filmed(
        "fake", clip.times + 5.0, xy[:, None], sure[:, None], np.ones((FRAMES, 1)), box, H36M_17, camera.image_size
    )
    return Watched(recorded.GROUP, name, as_joints(clip, H36M_17), camera, 1.7, lambda _: film)


def test_known_answers() -> None:
    model = Known(swaying(FRAMES, 30.0), offset_m=(0.03, 0.0, 0.04))
    rows = measure_chain([watched()], {"known": model}, ["fake"])
    of = {(row.source, row.mapping): row for row in rows}
    assert set(of) == {(TRUE, "one"), ("fake", "one"), ("fake", "as detected"), ("fake", "sure")}
    assert of[TRUE, "one"].frames == FRAMES and of["fake", "one"].frames == FRAMES - MISSING
    for row in rows:
        assert row.figures["mpjpe_mm"] == pytest.approx(50 * 16 / 17)
        assert row.figures["jitter_m_s3"] == pytest.approx(row.figures["jitter_truth_m_s3"])
    assert of["fake", "one"].figures["found_share"] == (FRAMES - MISSING) / FRAMES
    assert of["fake", "one"].figures["swapped_share"] == SWAPPED / (FRAMES - MISSING)
    assert 0 <= of["fake", "one"].figures["left_share"] <= 1
    assert of[TRUE, "one"].figures["swapped_share"] == 0
    assert pooled(rows)["mpjpe_mm"] == pytest.approx(50 * 16 / 17)


@pytest.mark.parametrize(("mapping", "sure"), [("one", 1.0), ("as detected", 0.2), ("sure", 0.0), (None, 0.2)])
def test_models_are_shown_what_the_mapping_says(mapping, sure) -> None:
    """Of a layout that is not MediaPipe's, the detector's own number where nobody says."""
    assert (detected(watched(), "fake", mapping).keypoints.confidence == sure).all()


def test_what_is_slower_than_people_move_stays() -> None:
    times = np.arange(200) / 60
    slow, fast = (np.sin(2 * np.pi * hz * times)[:, None, None] for hz in (1.0, 25.0))
    found = smoothed(slow + 0.1 * fast, 60.0)
    assert np.abs(found - slow)[20:-20].max() < 0.01


def test_tables_say_what_was_measured_and_what_was_not() -> None:
    model = Known(swaying(FRAMES, 30.0), offset_m=(0.03, 0.0, 0.04))
    rows = measure_chain([watched("cam01"), watched("cam02")], {"known": model}, ["fake"])
    chain = Chain(rows, (), {painted.GROUP: "why"})
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in overall(chain, recorded.GROUP).splitlines()]
    assert lines[2][:3] == [TRUE, "known", "47.1"] and lines[2][-3:] == ["", "", ""]
    assert lines[3][:3] == ["fake", "known", "47.1"] and lines[3][-3:-1] == ["75 %", "20 %"]
    assert "| cam02" in by_person(chain, recorded.GROUP) and "47 / 6" in by_person(chain, recorded.GROUP)
    assert "not measured: why" in overall(chain, painted.GROUP)
    assert confidences(chain).count("47.1") == 3
    assert json.loads(json.dumps(chain.to_json()))["missing"] == {painted.GROUP: "why"}


@dataclass
class Wooden:
    """Sees the same person in every picture."""

    name: str = "full"
    skeleton = MEDIAPIPE_33

    def detect(self, picture: np.ndarray, people: int = 1) -> list[Detection]:
        height, width = picture.shape[:2]
        x = width * (0.5 + 0.05 * np.where(np.arange(33) % 2, 1, -1))
        xy = np.stack([x, np.linspace(0.1, 0.9, 33) * height], -1)
        return [Detection(xy, np.full(33, 0.9), 0.9, (*xy.min(0), *xy.max(0)))]


@pytest.mark.slow
def test_the_command_fills_the_page(tmp_path, monkeypatch) -> None:
    opened: list[str] = []

    def fake(name: str) -> Wooden:
        opened.append(name)
        return Wooden()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(painted, "open_detector", fake)
    monkeypatch.setattr(late_frames, "open_detector", fake)
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text("".join(f"<!-- table {name} -->\nold\n<!-- end -->\n" for name in TABLES) + "the rest\n")
    words = ["--clips", "walk", "--views", "front", "--seconds", "1", "--detector", "full", "--model"]
    name = "hummuss_small_anyrate_causal"
    words += [name, "--flip", "--page", str(page), "--json", str(figures)]
    done = CliRunner().invoke(app, ["ablate", "chain", *words])
    assert done.exit_code == 0, done.output
    text, found = page.read_text(), json.loads(figures.read_text())
    assert "old" not in text and text.endswith("the rest\n")
    assert text.count("not measured: no recording of several cameras was given (--recording)") == 2
    plain, flipped = found["rows"][::2], found["rows"][1::2]
    for rows, said in ((plain, name), (flipped, f"{name} · flip averaged")):
        assert [(row["model"], row["source"]) for row in rows] == [(said, each) for each in (TRUE, *["full"] * 3)]
    true, behind = (row["figures"] for row in plain[:2])
    assert 0 < abs(flipped[0]["figures"]["mpjpe_mm"] - true["mpjpe_mm"]) < 10
    assert true["mpjpe_mm"] < 60 < behind["mpjpe_mm"] and behind["found_share"] == 1
    assert [(row["source"], row["mode"]) for row in found["late"]][:3] == [
        (TRUE, mode) for mode in ("auto", "nominal", "assumed")
    ]
    assert opened.count("full") == 1 + 3  # kept for the other mappings; frames that come late are other pictures


def test_a_detector_that_nobody_has_is_named() -> None:
    done = CliRunner().invoke(app, ["ablate", "chain", "--detector", "huge"])
    assert done.exit_code == 2 and "Detector 'huge' is not known" in done.output
