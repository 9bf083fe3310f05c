"""A suite counts where pytest itself says that it passed, and where a test ran."""

import sys

import pytest

from suite import FailedSuiteError, Passed, run_suite

PASSES = "def test_one(): pass\n"
SKIPPED = "import pytest\n@pytest.mark.skip\ndef test_two(): pass\n"


def run(folder, text, *words, python=(sys.executable,)):
    (folder / "test_them.py").write_text(text)
    chosen = [str(folder), "-n", "0", "-p", "no:cacheprovider", *words]
    return run_suite(python, folder / "report", chosen)


def test_what_ran_and_what_was_skipped_is_counted(tmp_path):
    assert run(tmp_path, PASSES + SKIPPED) == Passed(passed=1, skipped=1)


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        (PASSES + "def test_two(): assert False\n", (), "1: 1 passed, 1 failed, 0 skipped"),
        ("", (), "5: 0 passed, 0 failed, 0 skipped"),
        (SKIPPED, (), "0: 0 passed, 0 failed, 1 skipped"),
        (PASSES, ("-k", "other"), "5: 0 passed"),
        (PASSES + "import nowhere_at_all\n", (), "2: 0 passed, 1 failed"),
        (PASSES, ("--no-such-word",), "4 and counted nothing"),
    ],
)
def test_a_failure_and_a_run_of_no_test_are_none(tmp_path, text, words, told):
    with pytest.raises(FailedSuiteError, match=told):
        run(tmp_path, text, *words)


def test_a_status_that_no_count_explains_is_none(tmp_path):
    """As where a worker dies: the tests that are counted have passed."""
    (tmp_path / "conftest.py").write_text(
        "def pytest_sessionfinish(session): session.exitstatus = 3\n"
    )
    with pytest.raises(FailedSuiteError, match="ended with 3: 1 passed, 0 failed"):
        run(tmp_path, PASSES)


def test_counts_of_an_earlier_run_are_not_taken(tmp_path):
    run(tmp_path, PASSES)
    with pytest.raises(FailedSuiteError, match="counted nothing"):
        run(tmp_path, PASSES, python=("/bin/false",))
