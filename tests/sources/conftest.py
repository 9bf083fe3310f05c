"""Folders of files of which only the names matter."""

import pytest


@pytest.fixture
def folder(tmp_path):
    """Empty files do: only names matter here."""

    def make(*names):
        for name in names:
            path = tmp_path / "scans" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "scans"

    return make
