"""The newest-frame slot and latencies."""

from __future__ import annotations

import threading
import time

import pytest

from engine.live.latency import REMEMBERED, Latency
from engine.live.latest import Latest


def test_newer_items_replace_those_that_nobody_took() -> None:
    slot: Latest[int] = Latest()
    for item in range(5):
        slot.put(item)
    assert (slot.take(0), slot.dropped) == (4, 4)
    assert slot.take(0) is None
    slot.put(5)
    assert (slot.take(0), slot.dropped) == (5, 4)


def test_every_item_is_taken_or_counted() -> None:
    slot: Latest[int] = Latest()

    def produce() -> None:
        for item in range(2000):
            slot.put(item)

    producer = threading.Thread(target=produce)
    producer.start()
    taken = []
    while producer.is_alive() or not taken or taken[-1] < 1999:
        item = slot.take(0.01)
        if item is not None:
            taken.append(item)
    assert len(taken) + slot.dropped == 2000
    assert taken == sorted(set(taken))


def test_taking_waits_no_longer_than_it_is_told() -> None:
    slot: Latest[int] = Latest()
    began = time.monotonic()
    assert slot.take(0.05) is None
    assert 0.04 < time.monotonic() - began < 1.0


def test_latency() -> None:
    latency = Latency()
    assert latency.p50_ms != latency.p50_ms and latency.per_second != latency.per_second
    for k in range(101):
        latency.push(k / 1000, k / 50)
    assert latency.p50_ms == pytest.approx(50) and latency.p95_ms == pytest.approx(95)
    assert latency.per_second == pytest.approx(50)
    for k in range(REMEMBERED):
        latency.push(0.001, 10 + k / 10)
    assert latency.count == 101 + REMEMBERED
    assert latency.p95_ms == pytest.approx(1) and latency.per_second == pytest.approx(10)


def test_what_is_handed_waits_until_the_one_before_was_taken() -> None:
    slot: Latest[int] = Latest()
    taken: list[int] = []

    def take() -> None:
        while len(taken) < 20:
            item = slot.take(1.0)
            if item is not None:
                time.sleep(0.002)
                taken.append(item)

    consumer = threading.Thread(target=take)
    consumer.start()
    for number in range(20):
        slot.hand(number, lambda: False)
    consumer.join(5)
    assert taken == list(range(20)) and (slot.given, slot.dropped) == (20, 0)


def test_whoever_gives_up_hands_nothing() -> None:
    slot: Latest[int] = Latest()
    slot.hand(1, lambda: True)
    slot.hand(2, lambda: True, 0.01)
    assert slot.take(0.0) == 1 and slot.take(0.0) is None and slot.given == 1
