"""Workers: the newest job only, results on the GUI thread."""

import threading
import time

import pytest
from PySide6.QtCore import QObject, Slot

from app.state.state import State
from app.workers.bridge import Bridge, Worker, explain
from app.workers.latest import close_all
from app.workers.ticket import PATIENCE_S
from engine.errors import InputError
from engine.progress import Cancelled


class Listener(QObject):
    """Hears a worker on the thread it was made on."""

    def __init__(self, worker):
        super().__init__()
        self.done, self.cancelled, self.failed, self.parts, self.busy, self.threads = [], [], [], [], [], set()
        worker.report_to(
            done=self.on_done,
            cancelled=self.on_cancelled,
            failed=self.on_failed,
            part=self.on_part,
            busy=self.on_busy,
        )

    @Slot(object, object)
    def on_done(self, job, result):
        self.done.append((job, result))
        self.threads.add(threading.get_ident())

    @Slot(object)
    def on_cancelled(self, job):
        self.cancelled.append(job)

    @Slot(object, object)
    def on_failed(self, job, error):
        self.failed.append((job, error))

    @Slot(object, object)
    def on_part(self, job, part):
        self.parts.append((job, part))

    @Slot(bool)
    def on_busy(self, busy):
        self.busy.append(busy)


@pytest.fixture
def make(qapp):
    made = []

    def build(work, **options):
        worker = Worker("test", work, **options)
        listener = Listener(worker)
        made.append(worker)
        worker.begin()
        return worker, listener

    yield build
    for worker in made:
        close_all([worker.jobs], 5.0)


def test_only_the_newest_waiting_job_is_done(qtbot, make):
    started, go_on = threading.Event(), threading.Event()

    def work(job, ticket):
        started.set()
        go_on.wait(5)
        return 10 * job

    worker, heard = make(work)
    worker.submit(0)
    assert started.wait(5)
    for job in range(1, 50):
        worker.submit(job)
    go_on.set()
    qtbot.waitUntil(lambda: len(heard.done) == 2, timeout=5000)
    qtbot.wait(50)
    assert heard.done == [(0, 0), (49, 490)]


def test_results_come_on_the_gui_thread_and_work_is_done_on_another(qtbot, make):
    worked = []

    def work(job, ticket):
        worked.append(threading.get_ident())

    worker, heard = make(work)
    worker.submit(1)
    qtbot.waitUntil(lambda: bool(heard.done), timeout=5000)
    assert heard.threads == {threading.get_ident()}
    assert worked[0] != threading.get_ident()


def test_a_quick_job_is_finished_though_a_newer_one_waits_and_a_long_one_gives_way(make):
    """So a picture follows a drag, and a long run does not keep the newest value waiting."""
    seen = {}
    started = threading.Event()

    def work(job, ticket):
        begin = time.monotonic()
        started.set()
        while not ticket.cancelled() and time.monotonic() - begin < 3 * PATIENCE_S:
            time.sleep(0.005)
        seen.setdefault(job, time.monotonic() - begin)
        if ticket.cancelled():
            raise Cancelled

    worker, _ = make(work)
    worker.submit("long")
    assert started.wait(5)
    worker.submit("new")
    deadline = time.monotonic() + 5
    while "long" not in seen and time.monotonic() < deadline:
        time.sleep(0.01)
    assert PATIENCE_S <= seen["long"] < 2 * PATIENCE_S


def test_a_cancelled_job_stops_at_once_and_says_nothing(qtbot, make):
    started, stopped = threading.Event(), threading.Event()

    def work(job, ticket):
        started.set()
        while not ticket.cancelled():
            time.sleep(0.002)
        stopped.set()
        raise Cancelled

    worker, heard = make(work)
    worker.submit(1)
    assert started.wait(5)
    worker.cancel()
    assert stopped.wait(1)
    qtbot.waitUntil(lambda: heard.busy[-1:] == [False], timeout=5000)
    assert heard.done == []
    assert heard.failed == []


def test_a_failure_is_told_and_the_next_job_is_done(qtbot, make):
    def work(job, ticket):
        return 1 / job

    worker, heard = make(work)
    worker.submit(0)
    qtbot.waitUntil(lambda: bool(heard.failed), timeout=5000)
    assert isinstance(heard.failed[0][1], ZeroDivisionError)
    worker.submit(2)
    qtbot.waitUntil(lambda: heard.done == [(2, 0.5)], timeout=5000)


def test_start_runs_once_before_the_first_job(qtbot, make):
    order = []
    worker, heard = make(lambda job, ticket: order.append(job), start=lambda: order.append("start"))
    worker.submit(1)
    qtbot.waitUntil(lambda: len(heard.done) == 1, timeout=5000)
    worker.submit(2)
    qtbot.waitUntil(lambda: len(heard.done) == 2, timeout=5000)
    assert order == ["start", 1, 2]


def test_closing_ends_the_thread(make):
    worker, _ = make(lambda job, ticket: None)
    close_all([worker.jobs], 5.0)
    assert not worker.jobs.alive


def test_parts_of_a_result_come_before_it_and_stay_when_it_is_cancelled(qtbot, make):
    go_on = threading.Event()

    def work(job, ticket):
        for k in range(3):
            ticket.hand_over(k)
        while not (go_on.is_set() or ticket.cancelled()):
            time.sleep(0.002)
        if ticket.cancelled():
            raise Cancelled
        return "all"

    worker, heard = make(work)
    worker.submit("a")
    qtbot.waitUntil(lambda: heard.parts == [("a", 0), ("a", 1), ("a", 2)], timeout=5000)
    assert heard.done == []
    worker.cancel()
    qtbot.waitUntil(lambda: heard.busy[-1:] == [False], timeout=5000)
    assert heard.cancelled == ["a"]
    go_on.set()
    worker.submit("b")
    qtbot.waitUntil(lambda: heard.done == [("b", "all")], timeout=5000)
    assert len(heard.parts) == 6


def test_the_bridge_lends_workers_and_ends_them(qtbot, qapp):
    bridge = Bridge(State(), load_model=lambda name, device: None, start=lambda: None)
    worker = bridge.worker("extra")
    heard = Listener(worker)
    worker.submit(lambda ticket: 42)
    qtbot.waitUntil(lambda: [result for _, result in heard.done] == [42], timeout=5000)
    bridge.close()
    assert not worker.jobs.alive


def test_a_failure_of_a_job_is_said_in_the_main_window_and_given_to_the_one_that_asked(qapp):
    state = State()
    bridge = Bridge(state, load_model=lambda name, device: None, start=lambda: None)
    text = bridge.say_failed(InputError("walk.bvh: it is empty.", detail="line 0"), "The check")
    assert text == state.results.message.text == "walk.bvh: it is empty."
    assert state.results.message.detail == "line 0" and state.results.message.error


def test_errors_are_put_into_one_sentence():
    text, detail = explain(InputError("walk.bvh: it is empty.", detail="line 0"), "The check")
    assert (text, detail) == ("walk.bvh: it is empty.", "line 0")
    assert explain(ImportError("libtorch"), "The check")[0].startswith("PyTorch cannot be imported")
    text, detail = explain(ZeroDivisionError("x"), "The check")
    assert text.startswith("The check: ") and "ZeroDivisionError" in detail
