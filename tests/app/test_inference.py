"""The inference service: models live once, the most urgent prediction is next, nobody waits for ever."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from window_fakes import FIRST, SECOND, Models, swaying

from app.workers.inference import InferenceService, Priority
from app.workers.latest import LatestJob, close_all
from engine.errors import InputError
from engine.experiment.run import run
from engine.experiment.settings import Experiment, ModelChoice
from engine.observation.observe import observe
from engine.observation.trial import Context
from engine.progress import Cancelled

SEEN = observe(swaying(10), "front").observation
CONTEXT = Context(1.7, SEEN.camera)


@pytest.fixture
def models():
    return Models()


@pytest.fixture
def service(models):
    made = InferenceService(models.load)
    yield made
    models.gate.set()
    close_all([made], 5.0)


def in_thread(function):
    """Run it beside the test; its result or error arrives in the list."""
    found: list[object] = []

    def work():
        try:
            found.append(function())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, found


def test_a_model_is_loaded_once_and_runs_on_one_thread_whoever_asks(service, models):
    threads = [
        in_thread(lambda p=priority: service.models(p)(ModelChoice(name=FIRST)).forward(SEEN, 1.0, CONTEXT))[0]
        for priority in (Priority.SHOWN, Priority.TOOL, Priority.SWEEP)
    ]
    for thread in threads:
        thread.join(5)
    assert models.asked == [(FIRST, "cpu")]
    assert len(models[FIRST].rates) == 3 and len(models[FIRST].threads) == 1
    assert threading.get_ident() not in models[FIRST].threads


def test_it_gives_what_the_model_gives(service):
    experiment = Experiment(models=(ModelChoice(name=FIRST), ModelChoice(name=SECOND)))
    plain = Models()
    plain.load(FIRST), plain.load(SECOND)
    served = run(experiment, recording=swaying(30), models=service.models(Priority.SHOWN))
    alone = run(experiment, recording=swaying(30), models=plain.of)
    for mine, theirs in zip(served.models, alone.models, strict=True):
        np.testing.assert_array_equal(mine.placed.positions, theirs.placed.positions)


def test_the_most_urgent_prediction_is_next(service, models):
    order = []
    first = service.models(Priority.SWEEP)(ModelChoice(name=FIRST))
    models.gate.clear()
    running, _ = in_thread(lambda: first.forward(SEEN, 1.0, CONTEXT))
    while service._devices["cpu"]._queue:  # it is being computed
        time.sleep(0.001)
    waiting = []
    for priority in (Priority.SWEEP, Priority.TOOL, Priority.SHOWN):
        model = _Asking(service, priority)
        waiting.append(in_thread(lambda m=model, p=priority: m.ask(lambda _: order.append(p)))[0])
        while len(service._devices["cpu"]._queue) < len(waiting):
            time.sleep(0.001)
    models.gate.set()
    for thread in (running, *waiting):
        thread.join(5)
    assert order == [Priority.SHOWN, Priority.TOOL, Priority.SWEEP]


class _Asking:
    """Asks the first model without loading it, which would wait for its turn as well."""

    def __init__(self, service, priority):
        self.device, self.priority = service._devices["cpu"], priority

    def ask(self, question):
        return self.device.call(self.priority, lambda: question(None))


def test_what_goes_wrong_is_the_askers(service, models):
    def broken(name, device):
        raise InputError("There is no such model.")

    other = InferenceService(broken)
    with pytest.raises(InputError, match="no such model"):
        other.models(Priority.SHOWN)(ModelChoice(name=FIRST))
    close_all([other], 5.0)
    model = service.models(Priority.SHOWN)(ModelChoice(name=FIRST))
    with pytest.raises(ZeroDivisionError):
        model.ask(lambda _: 1 / 0)
    assert model.ask(lambda fake: fake.name) == FIRST


def test_whoever_waits_when_it_ends_is_cancelled(service, models):
    model = service.models(Priority.SHOWN)(ModelChoice(name=FIRST))
    models.gate.clear()
    running, _ = in_thread(lambda: model.forward(SEEN, 1.0, CONTEXT))
    time.sleep(0.05)
    waiting, found = in_thread(lambda: model.forward(SEEN, 1.0, CONTEXT))
    time.sleep(0.05)
    service.ask_to_stop()
    waiting.join(5)
    assert isinstance(found[0], Cancelled)
    models.gate.set()
    running.join(5)
    with pytest.raises(Cancelled):
        model.forward(SEEN, 1.0, CONTEXT)


class Quiet:
    """Hears nothing."""

    def __getattr__(self, name):
        return lambda *given: None


def test_all_threads_share_one_deadline():
    def stubborn(job, ticket):
        time.sleep(0.6)

    workers = [LatestJob(f"w{k}", stubborn, Quiet()) for k in range(4)]
    for worker in workers:
        worker.begin()
        worker.submit("x")
    time.sleep(0.05)
    started = time.monotonic()
    assert not close_all(workers, 0.2)
    assert time.monotonic() - started < 0.4
    assert {worker.state for worker in workers} == {"stopping"}
    for worker in workers:
        worker.join(5)
    assert {worker.state for worker in workers} == {"stopped"}


def test_a_worker_counts_what_it_dropped_and_names_its_state():
    started, go_on = threading.Event(), threading.Event()

    def work(job, ticket):
        started.set()
        go_on.wait(5)

    worker = LatestJob("w", work, Quiet())
    assert worker.state == "stopped"
    worker.begin()
    for job in range(5):
        worker.submit(job)
        if job == 0:
            assert started.wait(5)
    assert worker.dropped == 3 and worker.state == "running"
    go_on.set()
    close_all([worker], 5.0)
    assert worker.state == "stopped"


def test_a_worker_that_cannot_start_says_so_with_every_job():
    failed = []

    class Hearing(Quiet):
        def failed(self, job, error):
            failed.append((job, str(error)))

    def start():
        raise OSError("no library")

    worker = LatestJob("w", lambda job, ticket: None, Hearing(), start)
    worker.begin()
    worker.submit(1)
    deadline = time.monotonic() + 5
    while not failed and time.monotonic() < deadline:
        time.sleep(0.005)
    assert failed == [(1, "no library")] and worker.state == "failed"
    close_all([worker], 5.0)
