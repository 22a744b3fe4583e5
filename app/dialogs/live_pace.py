"""Windows of live runs whose models' frame rate and Δ are set while they run."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.dialogs.live_delta import DeltaPanel
from app.dialogs.live_window import LiveWindow
from app.docks.panel import Panel
from app.look.theme import THEMES
from engine.experiment.settings import Experiment


class PacedWindow(LiveWindow):
    """A subclass calls `add_pace` where they belong in its panel."""

    def add_pace(self, panel: Panel) -> None:
        """Make the sliders of the frame rate and of Δ, which act on the next frame."""
        self.delta = DeltaPanel()
        self.delta.changed.connect(self._set_delta)
        panel.column.addWidget(self.stresses.rate)
        panel.column.addWidget(self.delta)

    def experiment(self) -> Experiment:
        return super().experiment().model_copy(update={"rate": self.delta.policy()})

    def show_experiment(self, experiment: Experiment, said: str = "") -> None:
        self.delta.show_policy(experiment.rate)
        super().show_experiment(experiment, said)

    def in_reach(self) -> tuple[QWidget, ...]:
        return self.stresses.rate, self.delta

    def settings(self) -> dict[str, str]:
        return self.delta.said() | super().settings()

    def _dress(self, name: str) -> None:
        super()._dress(name)
        self.delta.set_theme(THEMES[name])

    def _set_delta(self) -> None:
        if self.run is not None:
            policy = self.delta.policy()
            for track in self.run.tracks:
                track.delta.factor = policy.factor
                track.delta.mode = "auto" if policy.mode == "resample" else policy.mode
