"""A result is whole, and that of the run in whose folder it lies."""

import pytest

from medssl.errors import UserError
from medssl.study.result import RESULT, read_result


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", r"result\.json: no valid JSON .*; remove it, and start the study again"),
        ("{}", r"result\.json: no key in it; remove it"),
        ('{"key": "a", "kind": "finetune"}', r"result\.json: no metrics in it; remove it"),
        (
            '{"key": "a", "metrics": "abc"}',
            r"result\.json: damaged \(metrics: 'abc', expected an obj",
        ),
        (
            '{"key": "b", "metrics": {}}',
            r"a/result\.json: the result of another run, b; remove it, and start the study again",
        ),
    ],
)
def test_one_that_cannot_be_taken_is_named_with_the_way_out(text, said, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / RESULT).write_text(text)
    with pytest.raises(UserError, match=said):
        read_result(tmp_path / "a")


def test_one_of_its_own_run_is_taken(tmp_path):
    (tmp_path / RESULT).write_text(f'{{"key": "{tmp_path.name}", "metrics": {{"dice": 1.0}}}}')
    assert read_result(tmp_path)["metrics"] == {"dice": 1.0}
