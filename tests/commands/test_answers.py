"""Answers are kept where a file is named; options are read as fire reads them."""

import json
from functools import partial

import pytest

from medssl import __version__
from medssl.commands.answers import MARK, keep, read_options, refuse_others
from medssl.errors import UserError


def test_an_answer_is_written_where_a_file_is_named(tmp_path):
    keep({"a": 1, "b": (float("nan"), 0.5)}, str(tmp_path / "new" / "a.json"))
    text = (tmp_path / "new" / "a.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {
        MARK: __version__,
        "a": 1,
        "b": [None, 0.5],
    }
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


@pytest.mark.parametrize("name", ["metrics.json", "run.json", "new.json"])
@pytest.mark.parametrize("text", ["whole", '{"loss": 1}', "[]"])
def test_an_answer_takes_the_place_of_nothing_else(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    for refused in (refuse_others, partial(keep, {"a": 1})):
        with pytest.raises(UserError, match=rf"{name}: there already, and no answer that"):
            refused(str(tmp_path / name))
    assert (tmp_path / name).read_text() == text


def test_an_answer_takes_the_place_of_an_earlier_one_or_of_nothing(tmp_path):
    path = tmp_path / "a.json"
    path.touch()
    for content in ({"a": 1}, {"b": 2}):
        keep(content, str(path))
        assert json.loads(path.read_text()) == {MARK: __version__, **content}


@pytest.mark.parametrize("name", ["dice_raw.csv", "answer", "folder.json"])
def test_a_name_that_is_none_of_an_answer_is_refused(name, tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UserError, match=rf"{name}(, expected a name|: there already)"):
        refuse_others(str(tmp_path / name))
