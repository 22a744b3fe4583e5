"""The inference service: models live once in the process, on one thread a device. No Qt.

Jobs run on threads of their own and ask the service for each prediction. Between two predictions the most urgent one is
next, so a long sweep does not hold up a slider. A prediction that nobody wants any more stops from inside.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from engine.experiment.loaded import LoadedModels, load
from engine.experiment.pipeline import Model
from engine.experiment.settings import ModelChoice
from engine.progress import Cancel, Cancelled, Progress

if TYPE_CHECKING:
    from engine.experiment.rate import Rate
    from engine.models.card import ModelCard
    from engine.motion.pose import Prediction
    from engine.observation.keypoints import Keypoints2D
    from engine.observation.trial import Context

Found = TypeVar("Found")


class Priority(IntEnum):
    """Which prediction is next: the lowest number."""

    SHOWN = 0  # what the main window shows
    TOOL = 1  # a window beside it
    SWEEP = 2  # what takes minutes


class InferenceService:
    """Loads models when they are first asked for and runs them on their device's thread.

    load(name, device) gives a model; `start` is called once on the thread that begins first.
    """

    def __init__(self, load: Callable[[str, str], Model] = load, start: Callable[[], None] | None = None) -> None:
        self._load, self._start = load, start
        self._devices: dict[str, _Device] = {}
        self._lock = threading.Lock()
        self._open = True

    def models(self, priority: Priority) -> Callable[[ModelChoice], ServedModel]:
        """Gives the model of a choice to one kind of job; raises InputError as loading does."""
        return lambda choice: self._served(choice, priority)

    def begin(self) -> None:
        """Start the CPU's thread, which prepares itself while nothing is asked of it yet."""
        self._device("cpu")

    def ask_to_stop(self) -> None:
        """End the threads as soon as they can; whoever waits gets Cancelled."""
        with self._lock:
            self._open = False
            devices = list(self._devices.values())
        for device in devices:
            device.ask_to_stop()

    def join(self, seconds: float) -> None:
        """Wait for the threads to end, so many seconds at most for each."""
        for device in self._devices.values():
            device.join(seconds)

    @property
    def alive(self) -> bool:
        return any(device.alive for device in self._devices.values())

    def _served(self, choice: ModelChoice, priority: Priority) -> ServedModel:
        device = self._device(choice.device)
        model = device.call(priority, lambda: device.model(choice))
        return ServedModel(model, device, priority)

    def _device(self, name: str) -> _Device:
        with self._lock:
            if not self._open:
                raise Cancelled
            if name not in self._devices:
                self._devices[name] = _Device(name, self._load, self._start if not self._devices else None)
            return self._devices[name]


class ServedModel:
    """A model that runs on its device's thread while the caller waits; as `engine.experiment.pipeline.Model`."""

    def __init__(self, model: Model, device: _Device, priority: Priority) -> None:
        self._model, self._device, self._priority = model, device, priority

    @property
    def card(self) -> ModelCard:
        return self._model.card

    def forward(
        self,
        observation: Keypoints2D,
        rate: Rate,
        context: Context,
        *,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
    ) -> Prediction:
        """As `engine.models.model.Model.forward`."""
        found: Prediction = self.ask(
            lambda model: model.forward(observation, rate, context, progress=progress, cancel=cancel)
        )
        return found

    def stream(self, context: Context) -> ServedStream:
        """As `engine.models.model.Model.stream`."""
        return ServedStream(self.ask(lambda model: model.stream(context)), self)

    def ask(self, question: Callable[[Any], Found]) -> Found:
        """What a function finds out about the model itself, on the model's thread."""
        return self._device.call(self._priority, lambda: question(self._model))


class ServedStream:
    """A stream whose steps run on the model's thread; as `engine.models.model.ModelStream`."""

    def __init__(self, stream: Any, model: ServedModel) -> None:
        self._stream, self._model = stream, model

    def step(self, observation: Keypoints2D, rate: Rate = 1.0) -> Prediction:
        """As `engine.models.model.ModelStream.step`."""
        found: Prediction = self._model.ask(lambda _: self._stream.step(observation, rate))
        return found


class _Device:
    """One thread that owns the models of one device."""

    def __init__(self, name: str, load: Callable[[str, str], Model], start: Callable[[], None] | None) -> None:
        self._start, self._load = start, load
        self._models: LoadedModels | None = None
        self._wake = threading.Condition()
        self._queue: list[tuple[Priority, int, Callable[[], Any], Future[Any]]] = []
        self._order = itertools.count()
        self._open = True
        self._thread = threading.Thread(target=self._live, name=f"kinestate-inference-{name}", daemon=True)
        self._thread.start()

    def model(self, choice: ModelChoice) -> Model:
        """The model of a choice; only on this device's thread."""
        if self._models is None:
            from engine.models.devices import set_inference_threads

            set_inference_threads()
            self._models = LoadedModels(self._load)
        return self._models(choice)

    def call(self, priority: Priority, function: Callable[[], Found]) -> Found:
        """Run it on the thread when it is its turn, and wait for it. Raises what it raises, and Cancelled."""
        future: Future[Found] = Future()
        with self._wake:
            if not self._open:
                raise Cancelled
            heapq.heappush(self._queue, (priority, next(self._order), function, future))
            self._wake.notify()
        return future.result()

    def ask_to_stop(self) -> None:
        with self._wake:
            self._open = False
            for *_, future in self._queue:
                future.set_exception(Cancelled())
            self._queue = []
            self._wake.notify()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        self._thread.join(max(seconds, 0.0))

    def _live(self) -> None:
        if self._start is not None:
            self._start()
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._queue or not self._open)
                if not self._open:
                    return
                _, _, function, future = heapq.heappop(self._queue)
            try:
                future.set_result(function())
            except BaseException as error:  # whatever it is, it is for the one who waits
                future.set_exception(error)
