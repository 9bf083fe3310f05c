"""Paths stay what was typed, whatever fire and MONAI's parser take them for."""

import pytest
from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from medssl.paths import as_written, unreadable

PATHS = ["a#b", "#", "2024", "1e3", "2024_01", "1.10", "a,b", "[a]", "{a}", "0x10", "x@y#z%w"]
PATHS += ["it's #1", 'a "b" #c', "a\\b#c", "c::d#e", "ä#ö", "/data/a b", "./@a"]


@pytest.mark.parametrize("text", PATHS)
def test_the_parser_resolves_a_path_to_itself(text):
    value = as_written("dataset_dir", DefaultParseValue(text), text)
    parser = ConfigParser({"dataset_dir": value, "below": "$@dataset_dir + '/x'"})
    assert parser.get_parsed_content("dataset_dir") == text
    assert parser.get_parsed_content("below") == f"{text}/x"


@pytest.mark.parametrize("value", ["@output_dir", "$@a#b", "%x#y", None, True, "plain"])
def test_what_is_of_the_config_language_stays(value):
    assert as_written("pretrained", value) is value


def test_numbers_of_other_keys_stay_numbers():
    assert as_written("batch_size", 2024, "2024") == 2024
    assert as_written("dataset_dir", 2024) == "2024"


def test_names_that_libraries_read_otherwise_are_told_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert unreadable(["\u00fc"]) == ""
    assert unreadable(["a", "p\udce4"]) == "p\udce4: a name that is not in UTF-8; rename it"
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: "ascii")
    assert unreadable(["a", "--output=b"]) == ""
    assert "set PYTHONUTF8=1" in unreadable(["\udcc3\udcbc"])
    (tmp_path / "\u00fc").mkdir()
    monkeypatch.chdir("\u00fc")
    assert "read as ascii here" in unreadable(["a"])
