"""Files made to crash, to hang or to overflow: each ends in one sentence, soon and in little memory."""

from functools import cache
from pathlib import Path

import pytest
from command_runs import ROOT, Ran, run_command

CASES = ROOT.parent / "shared" / "cases"
HOSTILE = CASES / "hostile"
FILES: dict[str, tuple[str, ...]] = {  # and the commands that it is fit for
    "bomb_asarray_3dhp.npz": (),
    "bomb_hash_key.pkl": (),
    "cc_rig_renamed_joint.bvh": ("info", "body", "eval"),  # names stand in for the joint that its rig lacks
    "kp_track_1e400.json": (),
    "num_cam_focal0.npz": (),
    "same_names.bvh": ("info",),
    "scipy_reduce_encode.pkl": (),
}
COMMANDS = {
    "info": ["info"],
    "body": ["body", "--clip"],
    "eval": ["eval", "--model", "hummuss_small", "--clip"],
}
SECONDS = 2.0
MEMORY = 300 << 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile files are not here: ../shared/cases"),
]


@cache
def usual(command: str) -> Ran:
    """The same command on a file that is as it should be."""
    ran = run_command(*COMMANDS[command], CASES / "reference_ok.bvh")
    assert ran.code == 0, ran.said
    return ran


def check_cost(ran: Ran, command: str) -> None:
    assert ran.seconds < usual(command).seconds + SECONDS
    assert ran.memory < usual(command).memory + MEMORY


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", ["info", "body", "eval"])
def test_one_sentence_soon_and_in_little_memory(name: str, command: str) -> None:
    ran = run_command(*COMMANDS[command], HOSTILE / name)
    if command in FILES[name]:
        assert ran.code == 0 and ran.fine(), ran.said
    else:
        assert ran.refused() and len(ran.said.strip().splitlines()) == 1, ran.said
        assert ran.said.startswith(Path(name).stem), ran.said
    check_cost(ran, command)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_of_them(command: str) -> None:
    ran = run_command(*COMMANDS[command], HOSTILE)
    if command == "info":
        assert ran.code == 0 and ran.fine() and f"{len(FILES)} clips" in ran.said, ran.said
    else:
        assert ran.code == 0 and ran.fine(), ran.said
        assert ran.said.count("left out:") == sum(command not in fit for fit in FILES.values())
    assert ran.seconds < usual(command).seconds + SECONDS * len(FILES)
    assert ran.memory < usual(command).memory + MEMORY


def test_a_good_file_among_them_is_measured(tmp_path: Path) -> None:
    for file in (*HOSTILE.iterdir(), CASES / "reference_ok.bvh"):
        (tmp_path / file.name).symlink_to(file)
    ran = run_command("body", "--clip", tmp_path)
    assert ran.code == 0 and ran.fine(), ran.said
    assert ran.said.count("left out:") == sum("body" not in fit for fit in FILES.values())
    assert any(line.startswith("reference_ok ") for line in ran.said.splitlines())
