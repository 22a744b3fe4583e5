"""A joint map by hand on the command line, remembered for the rig; what is assumed stands with the figures."""

import re

import pytest
from typer.testing import CliRunner

from engine.cli.app import app
from engine.motion import joint_maps


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A person whose legs are called b1, b2, b3."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    joint_maps._remembered.cache_clear()
    lines, channels = ["HIERARCHY"], 0

    def joint(kind, name, offset, children, depth=0):
        nonlocal channels
        pad = "  " * depth
        lines.append(f"{pad}{kind} {name}".rstrip())
        lines.append(f"{pad}{{\n{pad}  OFFSET {offset}")
        if kind != "End Site":
            moves = "6 Xposition Yposition Zposition " if kind == "ROOT" else "3 "
            channels += 6 if kind == "ROOT" else 3
            lines.append(f"{pad}  CHANNELS {moves}Zrotation Xrotation Yrotation")
        for child in children:
            joint(*child, depth=depth + 1)
        lines.append(f"{pad}}}")

    def limb(side, sign):
        arm = ("JOINT", f"{side}ForeArm", f"{28 * sign} 0 0", [("JOINT", f"{side}Hand", f"{25 * sign} 0 0", [])])
        leg = ("JOINT", f"{side}b2", "0 -42 0", [("JOINT", f"{side}b3", "0 -41 0", [("End Site", "", "0 -6 14", [])])])
        return ("JOINT", f"{side}Arm", f"{17 * sign} 40 0", [arm]), ("JOINT", f"{side}b1", f"{9 * sign} -6 0", [leg])

    left, right = limb("Left", 1), limb("Right", -1)
    head = ("JOINT", "Neck", "0 50 0", [("JOINT", "Head", "0 12 0", [("End Site", "", "0 18 0", [])])])
    joint("ROOT", "Hips", "0 0 0", [head, left[0], right[0], left[1], right[1]])
    rows = [" ".join(["0", "93", str(t), *["0"] * (channels - 3)]) for t in range(30)]
    path = tmp_path / "odd.bvh"
    path.write_text("\n".join([*lines, "MOTION", "Frames: 30", "Frame Time: 0.0333", *rows]) + "\n")
    return path


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


MAP = ",".join(
    f"{role}_{s[0].lower()}={s}b{k}" for s in ("Left", "Right") for k, role in enumerate(("hip", "knee", "ankle"), 1)
)


def test_a_map_is_remembered(odd):
    said = run("info", odd).output
    assert "No model can be run on it" in said and "--map" in said
    refused = run("eval", "--clip", odd, "--model", "hummuss_small")
    assert refused.exit_code != 0
    first = run("eval", "--clip", odd, "--model", "hummuss_small", "--map", MAP)
    assert first.exit_code == 0, first.output
    joint_maps._remembered.cache_clear()  # another session
    again = run("eval", "--clip", odd, "--model", "hummuss_small")
    figures = [re.search(r"MPJPE, mm +(\S+)", done.output) for done in (first, again)]
    assert figures[0] and figures[1] and figures[0][1] == figures[1][1]
    card = " ".join(run("info", odd).output.split())
    assert "left knee = Leftb2" in card and "By the map that was given by hand" in card


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("knee_l=Leftb9", "joint map names 'Leftb9' for the left knee"),
        ("knee=x", "cannot be read; write knee_l=LeftShin"),
    ],
)
def test_a_map_that_cannot_be_used(odd, text, message):
    done = run("info", odd, "--map", text)
    assert done.exit_code == 2 and message in " ".join(done.output.split())


def test_a_clip_whose_joints_are_known(odd):
    done = run("eval", "--clip", "builtin:walk", "--model", "hummuss_small", "--map", MAP)
    assert done.exit_code == 2 and "its joints are known" in " ".join(done.output.split())
