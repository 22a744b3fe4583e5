"""The command line, through its runner: figures, files, exit codes."""

import json
import subprocess
import sys
import tarfile

import pytest
from fake_lifters import swaying
from typer.testing import CliRunner

from engine.cli.app import app
from engine.data.formats.kinestate_npz import save_clip
from engine.experiment.rate import RatePolicy
from engine.experiment.run import run
from engine.experiment.session import save_session
from engine.experiment.settings import Experiment, FileSource, InputSettings, ModelChoice, Viewpoint
from engine.metrics.catalogue import METRICS
from engine.models.card import short_count
from engine.models.families import list_models, model_card

SMALL, CAUSAL = "hummuss_small", "hummuss_small_causal"
TIMING = "ms_per_frame"
SIZES = ("params", "macs_per_frame")
OF_JOINTS = [key for key, metric in METRICS.items() if metric.common]


def kinestate(*args):
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def evaluated(tmp_path, *args):
    """The JSON of `kinestate eval`."""
    done = kinestate("eval", *args, "--json", tmp_path / "o.json")
    assert done.exit_code == 0, done.stderr
    return json.loads((tmp_path / "o.json").read_text())


def figures(model):
    return {key: value for key, value in model.items() if key != TIMING}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "sway.npz"
    save_clip(path, swaying(90))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    (path / "test").mkdir()
    for frames in (60, 30):
        save_clip(path / "test" / f"sway{frames}.npz", swaying(frames))
    return path


# -- eval ---------------------------------------------------------------------------------------------------


def test_eval_writes_what_run_measures(clip, tmp_path):
    found = evaluated(
        tmp_path, "--clip", clip, "--model", f"{SMALL},{CAUSAL}", "--camera", "left", "--subsample", 3,
        "--delta", "auto", "--noise", 2, "--mask", 0.15, "--seed", 5,
    )  # fmt: skip
    experiment = Experiment(
        source=FileSource(path=str(clip)),
        viewpoint=Viewpoint(camera="left"),
        input=InputSettings(subsample=3, levels={"noise_px": 2, "mask": 0.15}, seed=5),
        models=(ModelChoice(name=SMALL), ModelChoice(name=CAUSAL)),
    )
    expected = run(experiment).to_json()
    assert [m["name"] for m in found["models"]] == [SMALL, CAUSAL]
    for mine, theirs in zip(found["models"], expected["models"], strict=True):
        assert figures(mine) == figures(theirs)
        assert set(mine) == {"name", "label", "observes", "delta", *OF_JOINTS, TIMING, *SIZES} and mine[TIMING] > 0
        card = model_card(mine["name"])
        assert [mine[key] for key in SIZES] == [card.params, card.macs_per_frame]
    assert (found["clip"], found["frames"], found["source_hz"], found["input_hz"]) == ("sway", 30, 60.0, 20.0)
    assert found["models"][0]["delta"] == pytest.approx(3.0)


def test_delta_and_resample_reach_the_model(clip, tmp_path):
    common = ("--clip", clip, "--model", SMALL, "--subsample", 4)
    auto, trained, factor, resampled = (
        evaluated(tmp_path, *common, *options)["models"][0]
        for options in (["--delta", "auto"], ["--delta", "trained"], ["--delta", "4"], ["--resample"])
    )
    assert [m["delta"] for m in (auto, trained, factor, resampled)] == [4.0, 1.0, 4.0, 1.0]
    assert figures(auto) == figures(factor)
    assert len({m["mpjpe_mm"] for m in (auto, trained, resampled)}) == 3


def test_seeds_and_level_zero(clip, tmp_path):
    common = ("--clip", clip, "--model", SMALL)
    first, again, other = (
        figures(evaluated(tmp_path, *common, "--noise", 4, "--mask", 0.2, "--seed", seed)["models"][0])
        for seed in (1, 1, 2)
    )
    assert first == again and first != other
    clean, zero = (
        figures(evaluated(tmp_path, *common, *options)["models"][0])
        for options in ([], ["--noise", 0, "--mask", 0, "--seed", 9, "--subsample", 1])
    )
    assert clean == zero


@pytest.mark.parametrize("packed", [False, True])
def test_eval_of_a_folder_or_archive(folder, tmp_path, packed):
    source = folder / "test"
    if packed:
        source = tmp_path / "test.tar.xz"
        with tarfile.open(source, "w:xz") as tar:
            tar.add(folder / "test", "test")
    found = evaluated(tmp_path, "--clip", source, "--model", SMALL)
    assert [c["frames"] for c in found["clips"]] == [30, 60] and found["mean"]["frames"] == 90
    each = [c["models"][0]["mpjpe_mm"] for c in found["clips"]]
    assert found["mean"]["models"][0]["mpjpe_mm"] == pytest.approx((30 * each[0] + 60 * each[1]) / 90)
    assert found["mean"]["models"][0]["params"] == model_card(SMALL).params
    one = evaluated(tmp_path, "--clip", source, "--model", SMALL, "--select", "sway60")
    assert figures(one["models"][0]) == figures(found["clips"][1]["models"][0])


def test_a_bad_clip_in_a_folder_is_left_out_and_named(folder, tmp_path):
    for path in (folder / "test").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.bvh").write_text("HIERARCHY\nROOT Hips\n{\n")
    done = kinestate("eval", "--clip", tmp_path, "--model", SMALL, "--json", tmp_path / "o.json")
    assert done.exit_code == 0 and "broken.bvh" in done.stderr
    assert list(json.loads((tmp_path / "o.json").read_text())["failed"]) == ["broken"]


def test_a_session_gives_the_same_figures(clip, tmp_path):
    experiment = Experiment(
        source=FileSource(path=str(clip), frames=(10, 70)),
        input=InputSettings(subsample=2, levels={"noise_px": 1}, seed=3),
        rate=RatePolicy(mode="factor", factor=0.5),
        models=(ModelChoice(name=SMALL),),
    )
    save_session(experiment, tmp_path / "s.json")
    found = evaluated(tmp_path, "--session", tmp_path / "s.json")
    assert figures(found["models"][0]) == figures(run(experiment).to_json()["models"][0])
    assert found["frames"] == 30
    changed = evaluated(tmp_path, "--session", tmp_path / "s.json", "--subsample", 3, "--delta", "trained")
    assert changed["frames"] == 20 and changed["models"][0]["delta"] == 1.0
    assert changed["settings"]["input"] == {**found["settings"]["input"], "subsample": 3}


def test_the_table_names_units_and_the_height_s_source(clip):
    done = kinestate("eval", "--clip", clip, "--model", SMALL)
    for text in ("MPJPE, mm", "m/s³", "clip skeleton", "90 frames at 60 Hz"):
        assert text in done.stdout
    assert "given" in kinestate("eval", "--clip", clip, "--model", SMALL, "--height", 1.8).stdout


def test_an_untrained_model_is_pointed_out(clip, monkeypatch, tmp_path):
    monkeypatch.setattr("engine.models.registry.WEIGHTS", tmp_path)
    done = kinestate("eval", "--clip", clip, "--model", SMALL)
    assert done.exit_code == 0 and f"{SMALL} is not trained" in done.stderr


# -- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["eval", "--clip", "nowhere.bvh", "--model", SMALL], "nowhere.bvh: file does not exist"),
        (["eval", "--clip", "{clip}", "--model", "gpt"], "no model named 'gpt'"),
        (["eval", "--clip", "{clip}"], "--model"),
        (["eval", "--model", SMALL], "--clip"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--delta", "fast"], "--delta 'fast'"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--delta", "-2"], "rate.factor"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--camera", "drone"], "no camera 'drone'"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--frames", "5-9"], "--frames '5-9'"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--frames", "500:600"], "500"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--height", "0"], "height_m"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--unit", "parsec"], "parsec"),
        (["eval", "--clip", "{clip}", "--model", SMALL, "--json", "/proc/none/o.json"], "cannot be written"),
        (["eval", "--session", "{clip}"], "sway.npz"),
        (["sweep", "--data", ".", "--split", "moon", "--models", SMALL], "moon"),
        (["sweep", "--clip", "{clip}", "--models", SMALL, "--rates", "0,1"], "--rates"),
        (["check", "streaming", "--model", SMALL, "--clip", "{clip}"], "bidirectional"),
        (["sweep", "--clip", "{clip}", "--models", SMALL, "--picture", "a.gif"], "a.gif"),
        (["bench", "streaming", "--plot", "a.jpg"], "a.jpg"),
        (["info", "nowhere"], "nowhere"),
        (["sweep", "--clip", "{clip}", "--models", SMALL, "--vary", "colour"], "drop"),
        (["sweep", "--clip", "{clip}", "--models", SMALL, "--vary", "drop", "--levels", "0,2"], "--levels"),
        (["sweep", "--clip", "{clip}", "--models", SMALL, "--levels", "0,0.2"], "--vary"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(clip, args, says):
    done = kinestate(*(a.format(clip=clip) for a in args))
    assert done.exit_code == 2
    (sentence,) = [line for line in done.stderr.splitlines() if "not trained" not in line]
    assert says in sentence and sentence.endswith(".")


@pytest.mark.parametrize("option", [("--mask", 1.5), ("--noise", "nan"), ("--subsample", 0), ("--colour", "red")])
def test_options_out_of_range_are_usage_errors(clip, option):
    assert kinestate("eval", "--clip", clip, "--model", SMALL, *option).exit_code == 2


# -- sweep, check, models, info, doctor, train --------------------------------------------------------------


def test_sweep_writes_rows_in_order_and_a_picture(folder, tmp_path):
    done = kinestate(
        "sweep", "--data", folder, "--split", "test", "--models", SMALL, "--rates", "4,1",
        "--json", tmp_path / "s.json", "--picture", tmp_path / "s.png",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    found = json.loads((tmp_path / "s.json").read_text())
    modes = ["trained", "auto", "resample"]
    assert [(row["rate"], row["mode"]) for row in found["rows"]] == [(r, mode) for r in (1, 4) for mode in modes]
    assert [row["frames"] for row in found["rows"]] == [90] * 3 + [23] * 3
    at_60 = [row["mpjpe_mm"] for row in found["rows"][:3]]
    assert at_60 == pytest.approx([at_60[0]] * 3, rel=1e-5)  # at the trained rate all three are the same
    assert len(found["clips"]) == 2 * 6
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    assert "Δ rescaled" in done.stdout and "15" in done.stdout


@pytest.mark.slow
def test_sweep_of_irregular_sampling_and_of_masking(clip, tmp_path):
    done = kinestate(
        "sweep", "--clip", clip, "--models", CAUSAL, "--vary", "drop", "--levels", "0.3,0", "--jitter", 0.2,
        "--json", tmp_path / "s.json", "--picture", tmp_path / "s.svg",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert f">{CAUSAL}<" in (tmp_path / "s.svg").read_text()
    found = json.loads((tmp_path / "s.json").read_text())
    modes = ["auto", "nominal", "resample"]
    assert [(row["rate"], row["drop"], row["mode"]) for row in found["rows"]] == [
        (1, level, mode) for level in (0.0, 0.3) for mode in modes
    ]
    assert found["settings"]["input"]["levels"]["clock_jitter"] == 0.2
    assert "nominal" in done.stdout and "dropped" in done.stdout  # heads may be broken between words
    model = evaluated(tmp_path, "--clip", clip, "--model", CAUSAL, "--drop", 0.3, "--jitter", 0.2, "--delta", "nominal")
    assert model["models"][0]["mpjpe_mm"] == pytest.approx(found["rows"][4]["mpjpe_mm"])
    done = kinestate(
        "sweep", "--clip", clip, "--models", f"{SMALL},{CAUSAL}", "--vary", "mask", "--rates", "1,4",
        "--json", tmp_path / "m.json", "--picture", tmp_path / "m.pdf",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    rows = json.loads((tmp_path / "m.json").read_text())["rows"]
    assert {row["mask"] for row in rows} == {0.0, 0.15, 0.2, 0.3, 0.4, 0.5} and len(rows) == 2 * 2 * 6
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")


def test_every_stress_is_an_option(clip, tmp_path):
    given = ("--limbs", 0.3, "--bar", 0.2, "--bar-direction", "level", "--drop", 0.2, "--jitter", 0.1, "--noise", 1)
    found = evaluated(tmp_path, "--clip", clip, "--model", SMALL, *given, "--mask", 0.1, "--seed", 4)
    assert found["settings"]["input"] == {
        "subsample": 1, "seed": 4, "options": {"bar_direction": "level"},
        "levels": {"noise_px": 1, "mask": 0.1, "limbs": 0.3, "bar": 0.2, "drop": 0.2, "clock_jitter": 0.1},
    }  # fmt: skip


def test_sweep_of_one_rate_agrees_with_eval(clip, tmp_path):
    kinestate("sweep", "--clip", clip, "--models", SMALL, "--rates", "2", "--json", tmp_path / "s.json")
    row = json.loads((tmp_path / "s.json").read_text())["rows"][1]
    model = evaluated(tmp_path, "--clip", clip, "--model", SMALL, "--subsample", 2)["models"][0]
    assert {key: row[key] for key in OF_JOINTS} == {key: pytest.approx(model[key]) for key in OF_JOINTS}


def test_check_streaming(clip, tmp_path):
    done = kinestate(
        "check", "streaming", "--model", CAUSAL, "--clip", clip, "--subsample", 2, "--mask", 0.1, "--json",
        tmp_path / "c.json",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    found = json.loads((tmp_path / "c.json").read_text())
    assert 0 <= found["max_difference_m"] <= 1e-5 and found["frames"] == 45 == sum(found["chunks"])


@pytest.mark.slow
def test_models_as_json():
    rows = {row["name"]: row for row in json.loads(kinestate("models", "--json").stdout)}
    assert rows["hummuss_16m"]["params"] == 16_193_549 and rows["hummuss_16m_causal"]["params"] == 15_778_829
    keys = "name system params params_module_held macs published_macs trained trained_hz trained_frames streaming"
    assert {*keys.split(), "follows_rate"} <= set(rows[SMALL])
    assert rows[CAUSAL]["streaming"] and not rows[SMALL]["streaming"] and rows[SMALL]["macs"] > 0


@pytest.mark.slow
def test_models_say_how_much_they_were_trained():
    found = kinestate("models").stdout
    for entry in list_models():
        line = next(line for line in found.splitlines() if line.startswith(f"{entry.name} "))
        said = short_count(entry.card.trained_frames) if entry.trained else "untrained"
        assert f" {'-' if entry.bare_card.analytic else said} " in line


def test_info_shows_the_card_or_the_list(clip, folder):
    assert "H36M-17" in kinestate("info", clip).stdout
    listed = kinestate("info", folder).stdout
    assert "sway30" in listed and "sway60" in listed


def test_doctor_says_what_there_is(monkeypatch, tmp_path):
    monkeypatch.setenv("KINESTATE_SMPL", str(tmp_path))
    (tmp_path / "SMPL_NEUTRAL.npz").write_bytes(b"x")
    text = kinestate("doctor").stdout
    for part in ("Kinestate", "torch", "mamba-ssm", "SMPL_NEUTRAL.npz"):
        assert part in text


def test_doctor_says_what_runs_the_state_space_models(monkeypatch):
    assert "numba, compiled for this CPU" in kinestate("doctor").stdout
    monkeypatch.setenv("KINESTATE_KERNELS", "reference")
    assert "reference, the equations as written; forced" in kinestate("doctor").stdout
    monkeypatch.setenv("KINESTATE_KERNELS", "fast")
    done = kinestate("doctor")
    assert done.exit_code == 2 and done.stderr.startswith("KINESTATE_KERNELS: fast is unknown")


def test_train_forwards_its_options(monkeypatch, tmp_path):
    given = {}

    def remember(model, data, folder, **options):
        given.update(model=model, data=data, folder=folder, **options)

    monkeypatch.setattr("engine.training.run.run_training", remember)
    done = kinestate("train", "--model", SMALL, "--data", tmp_path, "--out", tmp_path / "run", "--steps", 7)
    assert done.exit_code == 0 and given["steps"] == 7 and given["folder"] == tmp_path / "run"


def test_version_and_help():
    assert kinestate("--version").stdout.strip() == "0.1.0"
    listed = kinestate("--help").stdout
    assert "sweep" in listed and "render" not in listed


@pytest.mark.slow
def test_the_engine_s_commands_run_without_the_window(clip):
    """In a process that cannot import the window's package or what it draws with."""
    hidden = ("app", "PySide6", "vispy", "pyqtgraph")
    code = (
        f"import sys, runpy; sys.modules.update(dict.fromkeys({hidden}));"
        f"sys.argv = ['kinestate', 'eval', '--clip', {str(clip)!r}, '--model', 'linear_toy'];"
        "runpy.run_module('engine.cli', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "MPJPE, mm" in done.stdout, done.stderr
