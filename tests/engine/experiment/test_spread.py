"""Sweeps spread over processes and a Dask cluster, and sweeps that go on: the table is that of one process."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_lifters import Known, served, swaying
from typer.testing import CliRunner

from engine.cli.app import app
from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError
from engine.experiment import spread
from engine.experiment.row_file import RowFile
from engine.experiment.settings import Experiment, FileSource, ModelChoice
from engine.experiment.spread import cores, processes_for, spread_over
from engine.experiment.sweep import sweep
from engine.progress import Cancelled

TOY = (ModelChoice(name="linear_toy"),)
RATES = (1, 2)


@pytest.fixture
def folder(tmp_path):
    """Three clips and a file that is none."""
    for k, frames in enumerate((90, 60, 75)):
        save_clip(tmp_path / "clips" / f"c{k}.npz", replace(swaying(frames), name=f"c{k}", category="sway"))
    (tmp_path / "clips" / "c3.bvh").write_text("HIERARCHY\nno motion\n")
    return tmp_path / "clips"


def of(folder):
    return Experiment(source=FileSource(path=str(folder)), models=TOY)


def without_times(table):
    """The table's JSON but for the time that it took."""
    told = table.to_json()
    for rows in (told["rows"], told["clips"], *told["categories"].values()):
        for row in rows:
            row.pop("ms_per_frame")
    return told


@pytest.mark.slow
def test_a_table_of_two_processes_is_that_of_one(folder):
    alone, seen = sweep(of(folder), rates=RATES), []
    with spread_over(2) as spread:
        table = sweep(of(folder), rates=RATES, spread=spread, on_row=seen.append)
        given = [swaying(60), swaying(90)]
        once = Experiment(models=TOY)
        assert without_times(sweep(once, rates=(1,), recordings=given, spread=spread)) == without_times(
            sweep(once, rates=(1,), recordings=given)
        )
    assert without_times(table) == without_times(alone)
    assert len(table.clips) == 3 * 6 and len(table.failed) == 1
    assert sorted(map(id, seen)) == sorted(map(id, table.clips))


@pytest.mark.slow
def test_processes_stop_when_they_are_told(folder):
    asked = iter(range(10**6))
    with pytest.raises(Cancelled), spread_over(2) as spread:
        sweep(of(folder), rates=RATES, spread=spread, cancel=lambda: next(asked) >= 0)


@pytest.mark.slow
def test_a_table_of_a_cluster_is_that_of_one_process(folder):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed (the extra cluster)")
    alone = sweep(of(folder), rates=RATES)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        spread_over(scheduler=cluster.scheduler_address) as spread,
    ):
        assert without_times(sweep(of(folder), rates=RATES, spread=spread)) == without_times(alone)


@pytest.mark.slow
def test_no_cluster_is_one_sentence(monkeypatch):
    monkeypatch.setattr(spread, "CONNECT_S", 0.5)
    with pytest.raises(InputError, match=r"^--scheduler"), spread_over(scheduler="tcp://127.0.0.1:9"):
        pass


def test_a_stopped_sweep_goes_on(tmp_path):
    clips = [replace(swaying(60 + 15 * k), name=f"c{k}") for k in range(3)]
    models, run_clips = served(known=Known(clips[2])), []

    class Counting(Known):
        def forward(self, observation, *others, **options):
            run_clips.append(observation.name)
            return super().forward(observation, *others, **options)

    experiment, file = Experiment(models=(ModelChoice(name="known"),)), tmp_path / "rows.jsonl"
    whole = sweep(experiment, rates=(1,), recordings=clips, models=models)

    def stop() -> bool:
        return len(set(run_clips)) >= 2

    counting = served(known=Counting(clips[2]))
    with pytest.raises(Cancelled):
        sweep(experiment, rates=(1,), recordings=clips, models=counting, row_file=file, cancel=stop)
    assert set(run_clips) == {"c0", "c1"}
    with file.open("a") as half:
        half.write('[{"model": "kno')  # killed while it wrote
    run_clips.clear()
    table = sweep(experiment, rates=(1,), recordings=clips, models=counting, row_file=file)
    assert "c0" not in run_clips and "c2" in run_clips
    assert without_times(table) == without_times(whole)
    run_clips.clear()
    assert without_times(sweep(experiment, rates=(1,), recordings=clips, models=counting, row_file=file)) == (
        without_times(whole)
    )
    assert run_clips == []
    with pytest.raises(InputError, match="another sweep"):
        sweep(experiment, rates=(2,), recordings=clips, models=models, row_file=file)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], "[]", *lines[1:]]) + "\n")
    with pytest.raises(InputError, match="line 2"):
        RowFile(file, json.loads(lines[0])["sweep"])


def test_default_processes():
    assert processes_for(1, ["cpu"]) == 1 and processes_for(10**4, ["cpu"]) == cores()
    assert processes_for(10**4, ["cpu", "cuda"]) == 1


@pytest.mark.slow
def test_the_command_takes_them(folder, tmp_path):
    rows = tmp_path / "rows.jsonl"
    options = ["sweep", "--clip", str(folder), "--model", "linear_toy", "--rates", "1", "--rows", str(rows)]
    done = CliRunner().invoke(app, [*options, "--processes", "2"])
    assert done.exit_code == 0, done.output
    assert len(rows.read_text().splitlines()) == 4
    assert CliRunner().invoke(app, options).exit_code == 0  # from the file


@pytest.mark.slow
def test_eval_of_two_processes_is_that_of_one(folder, tmp_path):
    figures = []
    for k, count in enumerate((1, 2)):
        words = ["eval", "--clip", folder, "--model", "linear_toy", "--processes", count]
        words += ["--json", tmp_path / f"{k}.json"]
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        figures.append(json.loads((tmp_path / f"{k}.json").read_text()))
        for clip in (*figures[-1]["clips"], figures[-1]["mean"]):
            clip["models"][0].pop("ms_per_frame")
    assert figures[0] == figures[1]
    assert [clip["clip"] for clip in figures[0]["clips"]] == ["c0", "c1", "c2"] and len(figures[0]["failed"]) == 1
