"""A bundle to damage."""

import json
import re
import shutil

import pytest

from medssl.zoo.verify import Subject, run_checks

from ...bundles.conftest import BUNDLES

NAME = "pretrain_simclr"


def archive_of(folder, name=NAME):
    return folder / f"{name}_v0.1.0.zip"


@pytest.fixture
def subject(tmp_path):
    """A copy of a bundle's folder to damage."""
    folder = tmp_path / NAME
    shutil.copytree(BUNDLES / NAME, folder, ignore=shutil.ignore_patterns("models", "eval"))
    return Subject(folder, tmp_path / "scratch", tmp_path / "phantoms")


def edit(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def metadata(change):
    return lambda folder: edit(folder / "configs" / "metadata.json", change)


def train(change):
    return lambda folder: edit(folder / "configs" / "train.json", change)


def named_in_one_line(subject, check, message, damage):
    """Assert that a check fails on the damaged bundle, with these words."""
    damage(subject.folder)
    (result,) = run_checks(subject.folder, subject.phantoms, [check])
    assert not result.passed
    assert re.search(message, result.note)
    assert "\n" not in result.note
