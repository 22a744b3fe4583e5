"""A body is fitted once to what a clip holds, whoever asks."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from body_fakes import tube_body
from fake_lifters import swaying

from engine.body import library
from engine.experiment import worn
from engine.experiment.fitted_bodies import FittedBodies, digest
from engine.experiment.run import run
from engine.experiment.settings import Experiment, ModelChoice
from engine.motion.pose import BodyPose
from engine.progress import Cancelled

BODY = tube_body()


def fit_of(frames: int) -> SimpleNamespace:
    return SimpleNamespace(pose=range(frames))


def test_clips_are_told_apart_by_what_a_fit_reads() -> None:
    clip = swaying(30)
    assert digest(clip) == digest(replace(clip, name="other", subject="s", positions=clip.positions.copy()))
    rotations, offsets = np.tile([1.0, 0, 0, 0], (30, 17, 1)), np.ones((17, 3))
    pose = BodyPose(clip.times, np.tile([1.0, 0, 0, 0], (30, 24, 1)), np.zeros((30, 3)), np.zeros(10), "kinestate")
    others = [
        replace(clip, times=clip.times * 2),
        replace(clip, positions=clip.positions + 1e-9),
        replace(clip, skeleton=replace(clip.skeleton, name="other")),
        replace(clip, rotations=rotations),
        replace(clip, rotations=rotations, offsets=offsets),
        replace(clip, body=pose),
        replace(clip, body=replace(pose, body="other")),
        replace(clip, body=replace(pose, offsets=np.ones((24, 3)))),
        replace(clip, body=replace(pose, root=None)),
    ]
    assert len({digest(each) for each in (clip, *others)}) == 1 + len(others)


def test_the_longest_unused_is_forgotten_and_the_newest_kept() -> None:
    bodies, asked = FittedBodies(frames=100), []

    def ask(frames: int) -> object:
        return bodies.once(swaying(frames), BODY, lambda: asked.append(frames) or fit_of(frames))

    first = ask(40)
    ask(50)
    assert ask(40) is first and asked == [40, 50]
    ask(60)  # 50 and then, still too many, nothing more: 40 was used since
    assert ask(40) is first and asked == [40, 50, 60]
    ask(50)
    assert asked == [40, 50, 60, 50]
    ask(500)
    ask(500)
    assert asked[4:] == [500]
    ask(40)
    assert asked[5:] == [40]


def test_a_body_that_was_replaced_is_fitted_anew() -> None:
    bodies, clip = FittedBodies(), swaying(30)
    first, second = (bodies.once(clip, body, lambda: fit_of(30)) for body in (BODY, tube_body(1)))
    assert first is not second
    third = bodies.once(clip, replace(BODY, name="other"), lambda: fit_of(30))
    assert third is not first and third is not second


def test_threads_share_one_fit() -> None:
    bodies, started, go, asked, found = FittedBodies(), threading.Event(), threading.Event(), [], []

    def find() -> object:
        asked.append(1)
        started.set()
        assert go.wait(10)
        return fit_of(30)

    def ask() -> None:
        found.append(bodies.once(swaying(30), BODY, find))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    with pytest.raises(Cancelled):  # one more, who waits and is called off
        bodies.once(swaying(30), BODY, find, cancel=lambda: True)
    go.set()
    for thread in threads:
        thread.join(10)
    assert asked == [1] and len(found) == 3 and len(set(map(id, found))) == 1


def test_who_waits_goes_on_when_the_first_is_called_off() -> None:
    bodies, started, go, found = FittedBodies(), threading.Event(), threading.Event(), []

    def called_off() -> object:
        started.set()
        assert go.wait(10)
        raise Cancelled

    def first() -> None:
        with pytest.raises(Cancelled):
            bodies.once(swaying(30), BODY, called_off)

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert started.wait(10)
    threads.append(threading.Thread(target=lambda: found.append(bodies.once(swaying(30), BODY, lambda: fit_of(30)))))
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(found) == 1 and len(found[0].pose) == 30


def test_runs_and_the_window_s_dressing_ask_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, plain = [], worn.fit
    monkeypatch.setattr(worn, "fit", lambda *given, **options: asked.append(1) or plain(*given, **options))
    monkeypatch.setattr(worn, "_BODIES", FittedBodies())
    clip = swaying(40)
    dressed = worn.worn_body(clip)
    assert dressed is not None
    experiment = Experiment(models=(ModelChoice(name="ssd_poser_small"),))
    for _ in range(2):  # each with a memory of its own
        results = run(experiment, recording=swaying(40), dressed=True)
        np.testing.assert_allclose(results.truth_body.rotations, dressed.pose.rotations, atol=1e-12)
    assert worn.worn_body(clip) is dressed and asked == [1]
    np.testing.assert_array_equal(plain(clip, library.body()).pose.rotations, dressed.pose.rotations)
