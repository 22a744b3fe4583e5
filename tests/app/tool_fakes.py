"""What the windows beside the main one need: a state with a clip, workers, small real networks with fresh weights."""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch
from window_fakes import swaying

from app.state.state import LoadedClip, Reader, Settings, Slot, State
from engine.experiment.settings import ModelChoice
from engine.models.card import ModelCard
from engine.models.hummuss.network import HumMUSS, HumMUSSConfig
from engine.models.lifting.lifter import Lifter
from engine.models.motionbert.network import MotionBERT, MotionBERTConfig
from engine.models.sasmamba.network import SasMamba, SasMambaConfig

BOTH, CAUSAL = "hummuss_small", "hummuss_small_causal"


class Small:
    """Loads tiny networks under the names of shipped ones; remembers on which threads that was done."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def __call__(self, name: str, device: str = "cpu") -> Lifter:
        self.threads.append(threading.get_ident())
        torch.manual_seed(0)
        causal = name.endswith("causal")
        network = self.network(name, causal)
        return Lifter(network, ModelCard(name=name, system="", summary="", causal=causal, follows_rate=""))

    def network(self, name: str, causal: bool) -> torch.nn.Module:
        if name.startswith("motionbert"):
            return MotionBERT(MotionBERTConfig(width=16, depth=1, heads=2, causal=causal))
        if name.startswith("sasmamba"):
            return SasMamba(SasMambaConfig(width=8, depth=1, states=4))
        return HumMUSS(
            HumMUSSConfig(width=16, depth=1, expansion=1, k_time=1, states=4, representation=16, causal=causal)
        )


class Slow(Small):
    """Its networks begin to predict when `wait` has returned."""

    def __init__(self, wait: Callable[[], object]) -> None:
        super().__init__()
        self.wait = wait

    def __call__(self, name: str, device: str = "cpu") -> Lifter:
        lifter = super().__call__(name, device)
        predict = lifter.predict

        def late(*args, **options):
            self.wait()
            return predict(*args, **options)

        lifter.predict = late  # type: ignore[method-assign]
        return lifter


def state_with(*models: str, frames: int = 60) -> State:
    """A state that looks at the swaying person with these models on."""
    state = State()
    state.settings = Settings(slots=tuple(Slot(ModelChoice(name=name), k) for k, name in enumerate(models)))
    state.set_clip(LoadedClip("swaying.npz", Reader(), swaying(frames)))
    return state
