"""A copy of the repository, for methods to be made in."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COPIED = ("docs", ".ci", "bundles", "shared", "tests", "pyproject.toml", "requirements.txt")
# Compiled loops are copied, so that they are not compiled again.
IGNORED = ("*.pyc", "models", "eval", "*.png", "*.egg-info")


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of the repository, without what is trained or generated."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*IGNORED))
        else:
            shutil.copyfile(source, target)
    return tmp_path
