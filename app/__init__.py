"""The Kinestate window (PySide6, vispy, pyqtgraph); everything it computes comes from `engine`."""

import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 gives away one reference to None with every call that returns nothing (and to True or False with
    # some others). From Python 3.12 on these are immortal and nobody notices; before, a count reaches zero after some
    # thousand calls and Python aborts ("none_dealloc"). 6.11.3 does not do it. Counts this large are as good as immortal.
    import ctypes

    for constant in (None, True, False):
        ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 40
