"""What a drag brings: the first local file or folder, and nothing else."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QUrl

from app.widgets.drops import dropped_path

WEB = QUrl("https://example.org/walk.bvh")


@pytest.mark.parametrize(
    ("urls", "path"),
    [
        ([], None),
        ([WEB], None),
        ([WEB, QUrl.fromLocalFile("/clips/a walk.bvh"), QUrl.fromLocalFile("/clips")], "/clips/a walk.bvh"),
        ([QUrl.fromLocalFile("/clips")], "/clips"),
    ],
)
def test_the_first_local_file_or_folder_is_taken(urls, path):
    data = QMimeData()
    data.setUrls(urls)
    assert dropped_path(data) == path


def test_text_that_is_dragged_is_no_path():
    data = QMimeData()
    data.setText("/clips/walk.bvh")
    assert dropped_path(data) is None
