"""What Δ of the live models is: after each frame's own time, as trained, or set by hand while it runs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.docks.properties import OCTAVES
from app.look.theme import Theme
from app.widgets.segmented import Segmented
from app.widgets.sliders import log_slider
from engine.experiment.rate import RatePolicy


class DeltaPanel(QWidget):
    """A `RatePolicy`; it acts at once. `changed` as soon as something is chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.slider = log_slider(
            "Step Δ", OCTAVES, lambda factor: f"× {factor:.3g}", tip="Drag to multiply every model's Δ by hand"
        )
        self.mode = Segmented(
            {
                "auto": ("Auto", "Δ follows the time since the frame before, late and lost ones included"),
                "nominal": ("Nominal", "One Δ from the camera's median period"),
                "trained": ("As trained", "Δ stays as it was learned, whatever the frame rate"),
                "factor": ("By hand", "Δ is multiplied by the factor that the slider sets"),
            }
        )
        self._mode = "auto"
        self.mode.set_choice(self._mode)
        self.mode.chosen.connect(self._choose)
        self.slider.changed.connect(lambda _: self._choose("factor"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.slider)
        column.addWidget(self.mode)

    def policy(self) -> RatePolicy:
        return RatePolicy.model_validate({"mode": self._mode, "factor": self.slider.value()})

    def said(self) -> dict[str, str]:
        """What is chosen, in words, by its name."""
        text = self.slider.value_label.text() if self._mode == "factor" else self.mode.buttons[self._mode].text()
        return {self.slider.name.text(): text.lower()}

    def show_policy(self, policy: RatePolicy) -> None:
        self.slider.set_value(policy.factor)
        self._mode = policy.mode if policy.mode in self.mode.buttons else "auto"
        self.mode.set_choice(self._mode)

    def set_theme(self, theme: Theme) -> None:
        self.slider.slider.set_theme(theme)

    def _choose(self, mode: str) -> None:
        self._mode = mode
        self.mode.set_choice(mode)
        self.changed.emit()
