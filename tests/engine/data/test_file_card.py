"""The file card says what was found and what was assumed."""

from dataclasses import replace

import motion_samples as samples
import numpy as np

from engine.data.file_card import file_card
from engine.data.registry import open_motion
from engine.motion.clip import MotionClip, Provenance
from engine.motion.skeleton import H36M_17, Skeleton


def clip() -> MotionClip:
    found = Provenance("walk.bvh", "BVH", "centimetres", "Y", "60 Hz from Frame Time", ("One.", "Two."))
    return MotionClip("walk", np.arange(6) / 60, samples.walking(), H36M_17, provenance=found)


def test_a_clip():
    card = file_card(clip())
    rows = dict(card)
    assert rows["Format"] == "BVH" and rows["Unit"] == "centimetres" and rows["Up axis"] == "Y"
    assert rows["Frames"] == "6" and rows["Duration"] == "0.08 s" and rows["Rate"] == "60 Hz from Frame Time"
    assert rows["Skeleton"] == "H36M-17, 17 joints"
    assert 1.6 < float(rows["Height"].removesuffix(" m")) < 1.8
    assert [v for k, v in card if k == "Note"] == ["One.", "Two."]
    assert not {"Generated", "Timing", "Cameras", "Subject"} & set(rows)


def test_generated_irregular_and_unnamed():
    odd = replace(clip(), times=np.array([0, 1, 2, 5, 6, 7]) / 60, provenance=Provenance(generated=True))
    rows = dict(file_card(odd))
    assert rows["Generated"] == "yes, not a recording"
    assert rows["Timing"] == "irregular, 16.7 to 50.0 ms between frames"
    assert rows["Rate"] == "60 Hz"


def test_a_skeleton_of_which_nothing_is_known():
    chain = Skeleton("chain", ("a", "b", "c"), (-1, 0, 1))
    rows = dict(file_card(MotionClip("x", np.zeros(1), np.zeros((1, 3, 3)), chain)))
    assert rows["Height"].startswith("unknown")
    assert rows["Rate"] == "a single frame"


def test_the_height_is_the_one_of_the_models(tmp_path):
    """Of an AMASS file the height of the body that wears its motion, not its head joint's."""
    assert dict(file_card(open_motion(samples.amass(tmp_path / "a.npz"))))["Height"] == "1.70 m"


def test_what_no_model_can_be_run_on_is_said_at_once():
    chain = Skeleton("chain", ("Hips", "LeftUpLeg", "Head"), (-1, 0, 0))
    card = file_card(MotionClip("x", np.zeros(1), np.zeros((1, 3, 3)), chain))
    notes = [text for label, text in card if label == "Note"]
    assert any("No model can be run on it: x: the skeleton has no joint for right hip" in note for note in notes)


def test_keypoints(tmp_path):
    rows = dict(file_card(open_motion(samples.alphapose(tmp_path / "a.json"), select="person 2")))
    assert rows["Image"].endswith("pixels") and rows["Camera"] == "unknown"
    assert rows["Seen"] == "50.0 % of the joints"  # every other frame
