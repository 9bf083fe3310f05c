"""Answers are kept where a file is named; options are read as fire reads them."""

import json

import pytest

from medssl.commands.answers import keep, read_options
from medssl.errors import UserError


def test_an_answer_is_written_where_a_file_is_named(tmp_path):
    keep({"a": 1, "b": (float("nan"), 0.5)}, str(tmp_path / "new" / "a.json"))
    text = (tmp_path / "new" / "a.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {"a": 1, "b": [None, 0.5]}
    keep({"a": 1}, None)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_paths_stay_text_and_all_else_is_read():
    given = {"crop_size": "[8,8,8]", "seed": "3", "device": "cpu", "output_dir": "2024", "fold": 2}
    assert read_options(given) == {
        "crop_size": [8, 8, 8],
        "seed": 3,
        "device": "cpu",
        "output_dir": "2024",
        "fold": 2,
    }


@pytest.mark.parametrize("name", ["metrics.json", "datalist.json", "dice_raw.csv", "model.pt"])
def test_an_answer_takes_the_place_of_nothing_that_is_read(name, tmp_path):
    (tmp_path / name).write_text("whole")
    with pytest.raises(UserError, match=rf"--json: .*{name}, expected a name such as answer\.json"):
        keep({"a": 1}, str(tmp_path / name))
    assert (tmp_path / name).read_text() == "whole"
