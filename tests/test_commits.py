"""Figures name the commit that they were made by, and whether files differed from it."""

import subprocess

import pytest

from medssl.commits import UNKNOWN, commit_of

WHO = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")


def git(folder, *words):
    done = subprocess.run(
        ["git", *WHO, *words], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    return tmp_path


def test_a_commit_is_named_in_full_or_short_whatever_tags_there_are(checkout):
    whole = git(checkout, "rev-parse", "HEAD")
    git(checkout, "tag", "-a", "v1", "-m", "one")
    (checkout / "below").mkdir()
    assert commit_of(checkout) == commit_of(checkout / "below") == whole
    assert commit_of(checkout, 12) == whole[:12]


def test_what_differs_from_the_commit_is_said(checkout):
    whole = commit_of(checkout)
    (checkout / "new").write_text("2")  # no file of the commit
    assert commit_of(checkout) == whole
    (checkout / "a").write_text("2")
    assert commit_of(checkout) == f"{whole}-dirty"


def test_no_checkout_and_no_git_have_no_commit(checkout, monkeypatch):
    outside = checkout.parent / "outside"
    outside.mkdir(exist_ok=True)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    assert commit_of(outside) == UNKNOWN
    monkeypatch.setenv("PATH", str(outside))
    assert commit_of(checkout) == UNKNOWN
