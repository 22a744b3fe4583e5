"""Where a live run listens, what its frames suffer, and where it goes besides the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.fields import add_rows, look_ahead_field, spin
from app.docks.panel import tipped
from app.docks.properties import MOST_SUBSAMPLE, stress_slider
from app.look.theme import Theme
from app.widgets.elided import Elided
from app.widgets.sliders import ValueSlider
from app.workers.live import VMC_PORT, Outputs
from engine.experiment.settings import InputSettings, LiveSource
from engine.live.feeds.osc import LOOPBACK
from engine.models.card import OBSERVATIONS
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.stress.live import live_stresses

WHERE = (("This computer only", LOOPBACK), ("The whole network", "0.0.0.0"))


class Listening(QWidget):
    """A `LiveSource` and the person's height."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.port = tipped(spin(QSpinBox(), 1, 65535, LiveSource().port), "UDP port; VMC's senders send to 39539")
        self.address = tipped(QComboBox(), "From where packets are taken")
        for text, address in WHERE:
            self.address.addItem(text, address)
        self.left = tipped(QLineEdit(), "Name or serial number of the left hand's device")
        self.right = tipped(QLineEdit(), "Name or serial number of the right hand's device")
        for edit in (self.left, self.right):
            edit.setPlaceholderText("by its name")
        self.stature = tipped(spin(QDoubleSpinBox(), 0.8, 2.5, ASSUMED_HEIGHT_M), "A calibration finds it")
        self.stature.setSingleStep(0.01)
        self.stature.setSuffix(" m")
        self.look_ahead = look_ahead_field()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        add_rows(
            form,
            {
                "Listens to": self.address,
                "Port": self.port,
                "Left hand": self.left,
                "Right hand": self.right,
                "Height": self.stature,
                "Look-ahead": self.look_ahead,
            },
        )
        self.look_ahead.valueChanged.connect(lambda _: self.changed.emit())

    def source(self) -> LiveSource:
        return LiveSource(
            address=self.address.currentData(),
            port=self.port.value(),
            left=self.left.text().strip(),
            right=self.right.text().strip(),
            look_ahead_ms=self.look_ahead.value(),
        )

    def height_m(self) -> float:
        return self.stature.value()

    def look_ahead_ms(self) -> float:
        return self.look_ahead.value()

    def show_source(self, source: LiveSource, height_m: float | None) -> None:
        if self.address.findData(source.address) < 0:
            self.address.addItem(source.address, source.address)
        self.address.setCurrentIndex(self.address.findData(source.address))
        self.port.setValue(source.port)
        self.left.setText(source.left)
        self.right.setText(source.right)
        self.look_ahead.setValue(round(source.look_ahead_ms))
        self.stature.setValue(height_m or ASSUMED_HEIGHT_M)


class LiveStressPanel(QWidget):
    """Sliders of what an observation can suffer on a feed; they act at once. `changed` as soon as one moves."""

    changed = Signal()

    def __init__(self, observes: str) -> None:
        super().__init__()
        self.rate = ValueSlider(
            "Frame rate",
            (1, MOST_SUBSAMPLE),
            1,
            lambda keep: f"1 in {keep:.0f}" if keep > 1 else "all",
            to_value=int,
            tip="How many of the frames that come the models get",
        )
        self.sliders = {stress.field: stress_slider(stress) for stress in live_stresses(OBSERVATIONS[observes])}
        self._seed = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for slider in (self.rate, *self.sliders.values()):
            column.addWidget(slider)
            slider.changed.connect(lambda _: self.changed.emit())

    def given(self) -> InputSettings:
        levels = {field: slider.value() for field, slider in self.sliders.items()}
        return InputSettings(subsample=int(self.rate.value()), levels=levels, seed=self._seed)

    def said(self) -> dict[str, str]:
        """Every slider's value in words, by its name."""
        return {slider.name.text(): slider.value_label.text() for slider in (self.rate, *self.sliders.values())}

    def show_given(self, given: InputSettings) -> None:
        self.rate.set_value(given.subsample)
        self._seed = given.seed
        for field, slider in self.sliders.items():
            slider.set_value(given.level(field))

    def set_theme(self, theme: Theme) -> None:
        for slider in (self.rate, *self.sliders.values()):
            slider.slider.set_theme(theme)


class OutputForm(QWidget):
    """Recording into a folder, of cameras also their pictures, and the body for other programs."""

    def __init__(self, folder: Path, *, pictures: bool = False) -> None:
        super().__init__()
        self.record = tipped(QCheckBox("Record to"), "Write every frame as the models got it, a file a model")
        self.folder = Elided()
        self.folder.setText(str(folder))
        self.choose = tipped(QPushButton("…"), "Choose the folder")
        self.choose.setFixedWidth(32)
        self.choose.clicked.connect(self._ask)
        self.video = tipped(
            QCheckBox("with video"), "Write the pictures of each camera, too: 0.8 GB an hour of 640 × 480"
        )
        self.video.setVisible(pictures)
        self.record.toggled.connect(self.video.setEnabled)
        self.video.setEnabled(False)
        self.vmc = tipped(QCheckBox("VMC out"), "Send the first model's body on, in the VMC protocol")
        self.address = tipped(QLineEdit(LOOPBACK), "Address to send to")
        self.port = tipped(spin(QSpinBox(), 1, 65535, VMC_PORT), "UDP port to send to")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widgets in ((self.record, self.folder, self.choose), (self.video,), (self.vmc, self.address, self.port)):
            row = QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget, int(widget in (self.folder, self.address)))
            column.addLayout(row)

    def outputs(self) -> Outputs:
        return Outputs(
            folder=Path(self.folder.text()),
            record=self.record.isChecked(),
            video=self.video.isChecked(),
            send=self.vmc.isChecked(),
            address=self.address.text().strip() or LOOPBACK,
            port=self.port.value(),
        )

    def show_outputs(self, outputs: Outputs) -> None:
        self.folder.setText(str(outputs.folder))
        self.record.setChecked(outputs.record)
        self.video.setChecked(outputs.video)
        self.vmc.setChecked(outputs.send)
        self.address.setText(outputs.address)
        self.port.setValue(outputs.port)

    def _ask(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Recordings", self.folder.text())
        if path:
            self.folder.setText(path)
