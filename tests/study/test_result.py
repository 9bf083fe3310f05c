"""A result is whole, and that of the run in whose folder it lies."""

import json

import pytest

from medssl.errors import UserError
from medssl.study.result import RESULT, read_result, write_result

FOUND = {"key": "a", "metrics": {"dice": float("nan")}, "upstream": ("b",), "seconds": 0.1}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "a").mkdir()
    write_result(tmp_path / "a", FOUND)
    return tmp_path / "a"


def test_what_was_written_is_read(run):
    found = read_result(run)
    assert found["metrics"].keys() == {"dice"}
    assert (found["key"], found["upstream"], found["seconds"]) == ("a", ["b"], 0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"dice": 0.9}},
        {"seconds": 0.2},
        {"seconds": None},
        {"key": "b"},
        {"more": 1},
        {"sha256": None},
        {"sha256": ["0"]},
    ],
)
def test_whatever_was_changed_is_noticed(change, run):
    path = run / RESULT
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    said = r"result\.json: damaged, or changed since .*; remove it, and start the study again"
    with pytest.raises(UserError, match=said):
        read_result(run)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", r"result\.json: no valid JSON .*; remove it, and start the study again"),
        ("{}", r"result\.json: of another version; remove it"),
        ('{"format": 2}', r"result\.json: damaged, or changed"),
        (
            '{"format": 1, "key": "a", "metrics": {}}',
            r"result\.json: of another version; remove it",
        ),
    ],
)
def test_one_that_cannot_be_taken_is_named_with_the_way_out(text, said, run):
    (run / RESULT).write_text(text)
    with pytest.raises(UserError, match=said):
        read_result(run)


def test_that_of_another_run_is_refused(run):
    run.rename(run.with_name("b"))
    with pytest.raises(UserError, match=r"b/result\.json: the result of another run, a; remove it"):
        read_result(run.with_name("b"))
