"""A copy of the repository, for methods to be made in."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COPIED = ("docs", ".ci", "bundles", "shared", "tests", "pyproject.toml", "requirements.txt")
# Compiled loops are copied, so that they are not compiled again.
IGNORED = ("*.pyc", "models", "eval", "*.png", "*.egg-info")


def copied(folder: Path) -> Path:
    """A copy of the repository there, without what is trained or generated."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*IGNORED))
        else:
            shutil.copyfile(source, target)
    return folder


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A checkout for a method to be made in."""
    return copied(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory) -> Path:
    """A checkout that the tests of a module leave as it is."""
    return copied(tmp_path_factory.mktemp("checkout"))
