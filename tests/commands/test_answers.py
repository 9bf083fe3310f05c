"""Answers are kept where a file is named; options are read as fire reads them."""

import json

from medssl.commands.answers import keep, read_options


def test_an_answer_is_written_where_a_file_is_named(tmp_path):
    keep({"a": 1}, str(tmp_path / "new" / "a.json"))
    assert json.loads((tmp_path / "new" / "a.json").read_text()) == {"a": 1}
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
