"""Glob patterns mean what the shell means, and give what their wildcards stand for."""

import fnmatch
import itertools

import pytest

from medssl.sources.globs import translate, translate_all


@pytest.mark.parametrize("pattern", ["*.nii", "a*.nii", "a?c.nii", "*-*.nii"])
def test_inside_one_folder_a_pattern_means_what_the_shell_means(pattern):
    rule = translate(pattern) if "*" in pattern else None
    for letters in itertools.product("abc-.", repeat=3):
        name = "".join(letters) + ".nii"
        if rule is not None:
            assert bool(rule.fullmatch(name)) == fnmatch.fnmatchcase(name, pattern), name
    for name in ("x/abc.nii", "abc.nii/x"):
        assert rule is None or not rule.fullmatch(name)


@pytest.mark.parametrize(
    ("pattern", "name", "last", "first"),
    [
        ("*/ct-*.nii", "p1/ct-2.nii", "2", "p1"),
        ("**/*.nii", "a/b/c.nii", "c", "c"),
        ("**/*.nii", "c.nii", "c", "c"),
        ("./*/scan/", "p1/scan", "p1", "p1"),
        ("*.(1)+", "x.(1)+", "x", "x"),
    ],
)
def test_the_id_is_what_an_asterisk_stands_for(pattern, name, last, first):
    assert translate(pattern).fullmatch(name)["id"] == last
    assert translate(pattern, first=True).fullmatch(name)["id"] == first


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        ("**/*t1.nii", "p7/s2/x_t1.nii", ("p7/s2/", "x_")),
        ("**/t1.nii", "t1.nii", ("",)),
        ("./p?/*1.nii", "p7/11.nii", ("7", "1")),
    ],
)
def test_each_wildcard_gives_what_it_matched(pattern, name, matched):
    assert translate_all(pattern).fullmatch(name).groups() == matched
