"""OSC messages: axes by known turns, round trips, and bytes from anybody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_fakes import swaying
from pythonosc.osc_packet import OscPacket

from engine.live.feeds.osc import OscSource
from engine.live.feeds.roles import Roles
from engine.live.osc.forms import Stamp, read, written
from engine.live.osc.packets import Double, Malformed, packet
from engine.live.osc.vmc import FROM_UNITY, from_unity, to_unity
from engine.motion.rotations import quat_to_matrix, rotate

HALF = np.sqrt(0.5)
FORWARD, LEFT_SIDE, UP = np.array([0.0, -1, 0]), np.array([1.0, 0, 0]), np.array([0.0, 0, 1])


def take(source: OscSource, datagram: bytes, received: float = 1.0):
    return list(source.take(datagram, received))


def test_a_person_at_rest_is_at_rest() -> None:
    place, turn = from_unity(np.array([0.1, 1.6, 0.3]), np.array([0.0, 0, 0, 1]))  # right, up, forward
    assert np.allclose(place, 0.1 * -LEFT_SIDE + 1.6 * UP + 0.3 * FORWARD)
    assert np.allclose(turn, [1, 0, 0, 0])


@pytest.mark.parametrize(
    ("xyzw", "forward", "up"),
    [
        ((0, HALF, 0, HALF), -LEFT_SIDE, UP),  # 90° about Unity's y: to one's right
        ((HALF, 0, 0, HALF), -UP, FORWARD),  # about x: nods down
        ((0, 0, HALF, HALF), FORWARD, LEFT_SIDE),  # about z: tilts to the left
    ],
)
def test_known_turns(xyzw, forward, up) -> None:
    _, turn = from_unity(np.zeros(3), np.array(xyzw, float))
    assert np.allclose(rotate(turn, FORWARD), forward, atol=1e-12)
    assert np.allclose(rotate(turn, UP), up, atol=1e-12)


def test_unity_and_back_and_as_matrices() -> None:
    rng = np.random.default_rng(0)
    place, turn = rng.normal(size=(50, 3)), rng.normal(size=(50, 4))
    turn /= np.linalg.norm(turn, axis=-1, keepdims=True)
    there, xyzw = to_unity(place, turn)
    back, again = from_unity(there, xyzw)
    assert np.abs(back - place).max() < 1e-14 and np.abs(again - turn).max() < 1e-14
    matrix = quat_to_matrix(xyzw[:, [3, 0, 1, 2]])
    assert np.abs(FROM_UNITY @ matrix @ FROM_UNITY.T - quat_to_matrix(turn)).max() < 1e-12


@pytest.mark.parametrize(("form", "exact", "missing"), [("plain", 1e-12, 0), ("vmc", 1e-6, None)])
def test_a_frame_there_and_back(form, exact, missing) -> None:
    signals, source = swaying(3), OscSource()
    for k in range(3):
        datagram = packet(written(signals, k, k, float(signals.times[k]), form))
        (frame,) = take(source, datagram, 1.0 + k / 60)
        seen = frame.observation
        assert frame.time == seen.times[0] == pytest.approx(signals.times[k], abs=exact)
        assert np.abs(seen.positions[0] - signals.positions[k]).max() < exact
        assert np.abs(quat_to_matrix(seen.rotations[0]) - quat_to_matrix(signals.rotations[k])).max() < 2 * exact
        assert seen.valid.all()
    assert source.counts == {"packets": 3, "malformed": 0, "foreign": 0, "late": 0, "missing": missing}


def test_another_library_reads_what_is_sent() -> None:
    signals = swaying(1)
    read_by_it = OscPacket(packet(written(signals, 0, 7, 0.25, "plain"))).messages
    assert [m.message.address for m in read_by_it] == ["/kinestate/frame"] + 3 * ["/kinestate/tracker"]
    assert read_by_it[0].message.params == [7, 0.25]
    assert read_by_it[2].message.params == ["left hand", *signals.positions[0, 1], *signals.rotations[0, 1]]


# -- bytes from anybody -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0" * 40,
        b"GET / HTTP/1.1\r\n\r\n",
        b"#bundle\0",
        b"#bundle\0" + bytes(8) + (-4).to_bytes(4, "big", signed=True),  # a reader that adds sizes never ends
        b"#bundle\0" + bytes(8) + (1 << 30).to_bytes(4, "big") + b"/a\0\0",
        3000 * (b"#bundle\0" + bytes(8) + (60000).to_bytes(4, "big")),
        b"/VMC/Ext/T\0\0,f\0\0",  # no argument where one is announced
        b"/VMC/Ext/T\0\0",  # no types
        b"/kinestate/tracker\0\0,[[[",
    ],
)
def test_what_is_no_packet_is_counted(datagram: bytes) -> None:
    source = OscSource()
    assert take(source, datagram) == []
    assert (source.packets, source.malformed) == (1, 1)


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/kinestate/tracker", ["head", 0.0, 0.0, 1.5, 0.0, 0.0, 0.0, 0.0]),
        ("/kinestate/tracker", ["head", float("nan"), 0.0, 1.5, 1.0, 0.0, 0.0, 0.0]),
        ("/kinestate/tracker", ["head", 1e9, 0.0, 1.5, 1.0, 0.0, 0.0, 0.0]),
        ("/kinestate/tracker", ["head", 0.0, 0.0, 1.5, Double(1e300), 0.0, 0.0, 0.0]),
        ("/kinestate/tracker", ["head", 0.0, 0.0, 1.5]),
        ("/kinestate/tracker", [0.0, 0.0, 0.0, 1.5, 1.0, 0.0, 0.0, 0.0]),
        ("/kinestate/tracker", []),
        ("/kinestate/frame", [-1, 0.5]),
        ("/VMC/Ext/T", ["now"]),
        ("/VMC/Ext/Hmd/Pos", ["head", 0.0, 1.5, 0.0, 0.0, 0.0, float("inf"), 1.0]),
    ],
)
def test_what_cannot_be_is_counted(address, arguments) -> None:
    with pytest.raises(Malformed):
        read(address, arguments)
    source = OscSource()
    assert take(source, packet([(address, arguments)])) == [] and source.malformed == 1


def test_foreign_messages_are_counted_and_their_neighbours_read() -> None:
    source = OscSource()
    signals = swaying(1)
    mine = written(signals, 0, 0, 0.0, "vmc")
    others = [("/VMC/Ext/Bone/Pos", ["Hips", *7 * [0.0]]), ("/VMC/Ext/Tra/Pos", ["waist", *6 * [0.0], 1.0])]
    (frame,) = take(source, packet([*others, *mine]))
    assert frame.observation.valid.all()
    assert (source.foreign, source.malformed, list(source.unknown)) == (2, 0, ["waist"])


@given(st.binary(max_size=200))
def test_any_bytes(datagram: bytes) -> None:
    source = OscSource()
    take(source, datagram)
    assert source.packets == 1


@given(st.data())
def test_damaged_packets(data) -> None:
    good = bytearray(packet(written(swaying(1), 0, 0, 0.0, data.draw(st.sampled_from(["vmc", "plain"])))))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    for frame in take(OscSource(), bytes(good)):
        assert np.isfinite(frame.observation.positions).all() and np.isfinite(frame.time)


def test_later_versions_may_append_arguments() -> None:
    assert read("/VMC/Ext/T", [1.5, "more"]) == Stamp(1.5)


# -- roles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "role"),
    [
        ("headset", "LHR-1234", 0),
        ("controller", "LeftHand", 1),
        ("controller", "right_controller", 2),
        ("controller", "Controller (R)", 2),
        ("controller", "LHR-5678", None),
        ("tracker", "LeftFoot", None),
        ("any", "head", 0),
        ("any", "left hand", 1),
        ("any", "left foot", None),
    ],
)
def test_roles_by_words(kind, name, role) -> None:
    assert Roles().of(kind, name) == role


def test_chosen_names_come_first() -> None:
    roles = Roles(left="LHR-5678", right="LeftHand")
    assert roles.of("controller", "LHR-5678") == 1
    assert roles.of("controller", "LeftHand") == 2
    assert roles.of("controller", "left") is None  # the left hand is another device
    assert roles.of("headset", "anything") == 0
