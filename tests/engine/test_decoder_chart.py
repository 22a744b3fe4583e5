"""The picture of the decoder's ablation: jitter and spectra of known motions, and the command that draws it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from body_fakes import random_pose
from typer.testing import CliRunner

from engine.cli.app import app
from engine.errors import InputError
from engine.motion.skeleton import SMPL_24
from engine.report.decoder_chart import MEAN_S, decoder_chart, running_mean, smoothness, spectrum_of

HZ = 60.0
ANKLE = SMPL_24.index("left ankle")


def test_a_sine_stands_at_its_frequency_with_its_power() -> None:
    times = np.arange(60 * 60) / HZ
    signal = np.stack([3 * np.sin(2 * np.pi * 5 * times), 4 * np.cos(2 * np.pi * 5 * times), 0 * times], -1)
    hz, spectrum = spectrum_of(signal, HZ)
    assert hz[spectrum.argmax()] == pytest.approx(5.0) and hz[-1] == HZ / 2
    assert np.sum(spectrum**2) * hz[1] == pytest.approx((3**2 + 4**2) / 2, rel=0.02)
    assert spectrum[hz > 7].max() < 1e-3 * spectrum.max()


def test_a_trembling_body_is_told_from_a_smooth_one() -> None:
    pose = random_pose(600, "kinestate", amount=0.3)
    shaken = replace(pose, root=pose.root + 0.001 * np.sin(2 * np.pi * 20 * pose.times)[:, None] * [0, 0, 1])
    smooth, rough = (smoothness(label, each, ANKLE) for label, each in (("truth", pose), ("model", shaken)))
    assert rough.jitter.mean() > smooth.jitter.mean() + 5
    at_20 = np.flatnonzero(np.isclose(smooth.hz, 20.0))
    assert rough.spectrum[at_20] > 20 * smooth.spectrum[at_20]
    np.testing.assert_allclose(rough.spectrum[smooth.hz < 5], smooth.spectrum[smooth.hz < 5], rtol=0.05, atol=0.02)
    assert len(smooth.times) == len(smooth.jitter) == 597


def test_the_chart_is_of_what_was_measured() -> None:
    found = [smoothness(name, random_pose(200, "kinestate", seed=k), ANKLE) for k, name in enumerate("ab")]
    over_time, over_hz = decoder_chart(found, "walk", "left ankle").axes
    for lines in (over_time.lines, over_hz.lines):
        assert len(lines) == 2
    assert over_time.lines[1].get_ydata() == pytest.approx(running_mean(found[1].times, found[1].jitter))
    assert over_hz.lines[0].get_ydata() == pytest.approx(found[0].spectrum[1:])


def test_a_running_mean_is_the_mean_around_each_time() -> None:
    times, values = np.arange(50) / HZ, np.random.default_rng(0).random(50)
    plain = [values[np.abs(times - t) <= MEAN_S / 2 + 1e-9].mean() for t in times]
    np.testing.assert_allclose(running_mean(times, values), plain, atol=1e-12)
    np.testing.assert_allclose(running_mean(times, np.ones(50)), 1.0)


@pytest.mark.slow
def test_the_command_draws_it_at_the_models_own_rate(tmp_path: Path) -> None:
    out = tmp_path / "decoder.svg"
    options = ["--clip", "builtin:walk", "--frames", "0:96", "--out", str(out), "--joint", "right ankle"]
    done = CliRunner().invoke(app, ["ablate", "decoder", *options])
    assert done.exit_code == 0, done.output
    drawn = out.read_text()
    assert all(name in drawn for name in ("truth, jitter", "ssd_poser_small, jitter", "ssd_poser_small_plain, jitter"))
    assert "right ankle: spectrum" in drawn and "60 Hz" in drawn


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--joint", "tail"], "There is no joint 'tail'"),
        (["--model", "hummuss_small"], "hummuss_small has no body in the world"),
        (["--frames", "0:5"], "too few"),
        (["--out", "a.gif"], "a.gif"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(options: list[str], says: str, tmp_path: Path) -> None:
    common = ["--clip", "builtin:walk", "--frames", "0:20", "--out", str(tmp_path / "a.svg")]
    done = CliRunner().invoke(app, ["ablate", "decoder", *common, *options])
    assert done.exit_code == 2 and says in done.stderr


def test_short_motions_are_refused() -> None:
    with pytest.raises(InputError, match="7 frames are too few"):
        smoothness("x", random_pose(7, "kinestate"), ANKLE)
