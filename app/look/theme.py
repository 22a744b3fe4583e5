"""The look of the window: its colours, spacing and fonts.

Ground truth is a neutral grey, models take the Okabe-Ito colours, errors glow from bronze to yellow. Nothing is said
by red against green alone. Numbers are set in tabular figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from engine.export.palette import MODEL_COLOURS as MODEL_COLOURS
from engine.export.palette import model_colour as model_colour
from engine.paths import ICONS

SPACE = 8  # pixels; every margin and gap is a multiple of a quarter of it


@dataclass(frozen=True)
class Theme:
    """Colours of the chrome, "#rrggbb". The 3D views have their own (app.view3d.theme), chosen to sit in these."""

    name: str
    window: str  # behind everything
    panel: str  # docks
    raised: str  # buttons, fields, the groove of a slider
    hover: str
    line: str  # hairlines between panels
    text: str
    muted: str  # labels, units, hints
    faint: str  # disabled; marks that should not draw the eye
    accent: str
    on_accent: str
    on: str  # behind whatever is switched on
    truth: str
    error: str  # the red bar
    on_error: str
    plot: str


THEMES = {
    "dark": Theme(
        name="dark",
        window="#16181c",
        panel="#1e2126",
        raised="#2b2f36",
        hover="#383d46",
        line="#0f1114",
        text="#eceef1",
        muted="#a4abb6",
        faint="#626a76",
        accent="#8f96ff",
        on_accent="#12131c",
        on="#454972",
        truth="#c9ccd1",
        error="#b3261e",
        on_error="#ffffff",
        plot="#1a1d22",
    ),
    "light": Theme(
        name="light",
        window="#e3e6ea",
        panel="#f7f8fa",
        raised="#e4e7ec",
        hover="#d6dae1",
        line="#cfd4db",
        text="#16191d",
        muted="#555d68",
        faint="#9ba3ae",
        accent="#4a50d0",
        on_accent="#ffffff",
        on="#c6c9f3",
        truth="#7b818a",
        error="#b3261e",
        on_error="#ffffff",
        plot="#ffffff",
    ),
}


_EMBER = np.array(  # CIE L* 32 to 90 in equal steps, hue 40 to 98 degrees: bronze, orange, yellow
    [
        (129, 50, 33), (150, 68, 37), (170, 88, 38), (189, 108, 38), (207, 129, 32),
        (223, 152, 18), (234, 177, 20), (242, 203, 24), (247, 230, 29),
    ],
    float,
)  # fmt: skip


def ember(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Map values (...) in [0, 1] to colours (..., 3): lighter in equal steps, never grey to any kind of colour vision.

    A map from blue to yellow is grey somewhere to those who see two primary colours, and grey is the truth.
    """
    place = np.clip(np.nan_to_num(values), 0, 1) * (len(_EMBER) - 1)
    stops = np.arange(len(_EMBER))
    return np.stack([np.interp(place, stops, _EMBER[:, k]) for k in range(3)], axis=-1).astype(np.uint8)


def tabular(font: QFont) -> QFont:
    """Give a font digits of one width, so that numbers do not dance while they change."""
    font = QFont(font)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


LETTERS, LARGE = 10.0, 1.5
"""Size of the letters, points, and how much larger they are in a presentation."""


def apply(app: QApplication, name: str, letters: float = 1.0) -> Theme:
    """Dress the whole application, with letters of this size; returns the theme."""
    theme = THEMES[name]
    app.setStyle("Fusion")  # the same on every desktop
    font = app.font()
    font.setPointSizeF(LETTERS * letters)
    app.setFont(tabular(font))
    app.setPalette(_palette(theme))
    app.setStyleSheet(_sheet(theme))
    return theme


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.panel,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.raised,
        QPalette.ColorRole.AlternateBase: theme.panel,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.faint,
        QPalette.ColorRole.Link: theme.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return palette


def _sheet(t: Theme) -> str:
    return f"""
    QMainWindow {{ background: {t.line}; }}
    QMainWindow::separator {{ background: {t.line}; width: 3px; height: 3px; }}
    QMainWindow::separator:hover {{ background: {t.accent}; }}
    QMenuBar {{ background: {t.panel}; padding: 1px 4px; }}
    QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected, QMenu::item:selected {{ background: {t.hover}; color: {t.text}; }}
    QMenu {{ background: {t.panel}; border: 1px solid {t.hover}; padding: 4px; }}
    QMenu::item {{ padding: 5px 24px 5px 22px; border-radius: 4px; }}
    QMenu::item:disabled {{ color: {t.faint}; }}
    QMenu::separator {{ height: 1px; background: {t.hover}; margin: 4px 8px; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.hover}; padding: 5px 7px; }}

    QDockWidget {{ color: {t.muted}; font-weight: 600; }}
    QDockWidget::title {{ background: {t.panel}; padding: 7px 10px 3px 12px; }}
    QDockWidget > QWidget {{ background: {t.panel}; }}
    QFrame#overlay {{ background: {t.panel}; border: 1px solid {t.faint}; border-radius: 8px; }}
    QWidget#tool {{ background: {t.panel}; border: 1px solid {t.hover}; }}
    QWidget#rule {{ background: {t.hover}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: {t.panel}; border: none; }}
    QStatusBar {{ background: {t.panel}; border-top: 1px solid {t.line}; }}
    QStatusBar::item {{ border: none; }}

    QPushButton {{ background: {t.raised}; border: 1px solid transparent; border-radius: 5px; padding: 4px 11px; }}
    QPushButton:focus, QToolButton:focus {{ border-color: {t.accent}; }}
    QPushButton:hover {{ background: {t.hover}; }}
    QPushButton:disabled {{ color: {t.faint}; }}
    QPushButton#primary {{ background: {t.accent}; color: {t.on_accent}; font-weight: 600; }}
    QPushButton[segment="true"] {{ border-radius: 0; padding: 3px 5px; }}
    QPushButton[segment="true"]:disabled {{ background: {t.panel}; }}
    QPushButton[segment="true"]:checked {{ background: {t.on}; font-weight: 600; }}
    QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 3px; }}
    QToolButton:hover {{ background: {t.hover}; }}
    QToolButton:checked {{ background: {t.on}; }}
    QToolButton[fold="true"], QToolButton[fold="true"]:checked {{ background: transparent; color: {t.muted};
        padding: 2px 0; }}
    QToolButton[fold="true"]:hover {{ color: {t.text}; }}
    QToolButton::menu-indicator {{ image: none; }}

    QCheckBox::indicator, QRadioButton::indicator {{ width: 13px; height: 13px; border: 1px solid {t.faint};
        border-radius: 4px; background: {t.raised}; }}
    QRadioButton::indicator {{ border-radius: 7px; }}
    QCheckBox:focus, QRadioButton:focus {{ color: {t.accent}; }}
    QCheckBox::indicator:hover, QRadioButton::indicator:hover, QCheckBox::indicator:focus {{
        border-color: {t.accent}; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
        image: url({ICONS.as_posix()}/tick-on-{t.name}.svg); }}
    QRadioButton::indicator:checked {{ background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
        stop: 0 {t.on_accent}, stop: 0.45 {t.on_accent}, stop: 0.55 {t.accent}); border-color: {t.accent}; }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {t.hover};
        background: {t.panel}; }}
    QMenu::indicator {{ width: 12px; height: 12px; margin-left: 6px; }}
    QMenu::indicator:checked {{ image: url({ICONS.as_posix()}/tick-{t.name}.svg); }}

    QComboBox, QSpinBox, QDoubleSpinBox, QLineEdit {{ background: {t.raised}; border: 1px solid transparent;
        border-radius: 5px; padding: 3px 7px; min-height: 18px; selection-background-color: {t.accent}; }}
    QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QLineEdit:focus {{ border-color: {t.accent}; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: url({ICONS.as_posix()}/chevron-{t.name}.svg); width: 12px; height: 12px; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
    QLineEdit#qt_spinbox_lineedit {{ padding: 0 7px; border: none; background: transparent; min-height: 0; }}
    QComboBox QAbstractItemView {{ background: {t.panel}; border: 1px solid {t.hover}; outline: none; }}

    QSlider:horizontal {{ min-height: 20px; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.hover}; }}
    QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {t.accent}; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
        background: {t.text}; }}
    QSlider::handle:horizontal:hover {{ background: {t.accent}; }}
    QSlider:focus {{ border: 1px solid {t.accent}; border-radius: 5px; }}
    QSlider::handle:horizontal:focus {{ background: {t.accent}; }}
    QSlider::groove:horizontal:disabled, QSlider::sub-page:horizontal:disabled {{ background: {t.raised}; }}
    QSlider::handle:horizontal:disabled {{ background: {t.faint}; }}

    QTableView {{ background: {t.panel}; border: none; outline: none; }}
    QTableView::item:selected {{ background: {t.hover}; color: {t.text}; }}
    QHeaderView::section {{ background: {t.panel}; border: none; padding: 2px 4px; }}
    QHeaderView::section:hover {{ background: {t.raised}; }}
    QTableCornerButton::section {{ background: {t.panel}; border: none; }}

    QTabBar {{ background: {t.panel}; qproperty-drawBase: 0; }}
    QTabBar::tab {{ background: {t.panel}; color: {t.muted}; border: none; border-top: 2px solid transparent;
        padding: 3px 12px 5px; }}
    QTabBar::tab:hover {{ color: {t.text}; }}
    QTabBar::tab:selected {{ color: {t.text}; border-top-color: {t.accent}; }}

    QScrollBar:vertical {{ width: 9px; background: transparent; margin: 0; }}
    QScrollBar:horizontal {{ height: 9px; background: transparent; margin: 0; }}
    QScrollBar::handle {{ background: {t.hover}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

    QLabel[role="muted"] {{ color: {t.muted}; }}
    QLabel[role="small"] {{ color: {t.muted}; font-size: 8.5pt; }}
    QLabel[role="heading"] {{ color: {t.muted}; font-weight: 600; }}
    QLabel[role="value"] {{ color: {t.text}; font-weight: 600; }}
    QLabel[role="big"] {{ color: {t.text}; font-weight: 600; font-size: 13pt; min-height: 22px; }}
    QLabel[role="badge"] {{ color: {t.text}; background: {t.hover}; border-radius: 4px; padding: 1px 6px;
        font-size: 8pt; }}
    """
