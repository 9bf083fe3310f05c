"""True, false and null are told apart from text, in every bundle and on every way in."""

import json

import pytest
from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from medssl.analysis.bundles import checked_overrides, override
from medssl.engines.identity import digest, flatten
from medssl.engines.switches import AUTO_TOO, NULLABLE, SWITCHES, meant, no_switches
from medssl.engines.written import Words, read_words, restore, typed
from medssl.errors import UserError
from medssl.paths import PATHS
from medssl.study.bundle_keys import Configured

from ..bundles.conftest import BUNDLES

FOLDERS = sorted(path.parents[1] for path in BUNDLES.glob("*/configs/metadata.json"))
WAYS = {"train": ("train",), "evaluate": ("train", "evaluate"), "inference": ("inference",)}
JSON = {"true": True, "false": False, "null": None}
CASES = [
    pytest.param(
        [str(folder / "configs" / f"{name}.json") for name in names], id=f"{folder.name}-{way}"
    )
    for folder in FOLDERS
    for way, names in WAYS.items()
]


def switches_of(config):
    return sorted(key for key in config if key in SWITCHES)


def nullable_of(config):
    return sorted(key for key, value in config.items() if value is None)


def commanded(files, words):
    """The config of a command line, once the guard has been there, as far as MONAI reads it."""
    read = read_words(["run", "--config_file", str(files), *words])
    parser = ConfigParser(ConfigParser.load_config_files(files))
    fired = {name: DefaultParseValue(text) for name, text in read.given.items()}
    parser.update({k: v for k, v in fired.items() if k in parser.config and v is not None})
    restore(parser, read)
    return read, parser


@pytest.mark.parametrize(
    "path", sorted(BUNDLES.glob("*/configs/*.json")), ids=lambda p: "/".join(p.parts[-3::2])
)
def test_every_switch_and_every_null_of_the_bundles_is_known(path):
    """Where a value is looked up in what a model knows, its default stands for it."""
    config = json.loads(path.read_text(encoding="utf-8"))
    looked_up = [config.get(key, {}).get("default", {}) for key in ("trained", "source")]
    for values in [config, *looked_up]:
        if path.name != "metadata.json" and "_target_" not in values:
            assert {k for k, v in values.items() if isinstance(v, bool)} <= {*SWITCHES}
            assert {k for k, v in values.items() if v is None} <= {*NULLABLE}


@pytest.mark.parametrize("text", ["true", "false"])
@pytest.mark.parametrize("files", CASES)
def test_a_switch_takes_json_s_words_as_its_own_values(files, text):
    """On the command line as in a process, and the run is the same."""
    config = ConfigParser.load_config_files(files)
    keys = switches_of(config)
    assert keys
    words = [word for key in keys for word in (f"--{key}", text)]
    read, parser = commanded(files, words)
    assert no_switches(read.config, typed(read)) == []
    assert {key: parser.config[key] for key in keys} == dict.fromkeys(keys, JSON[text])

    told = ConfigParser(ConfigParser.load_config_files(files))
    override(told, dict.fromkeys(keys, text))
    python = commanded(files, [word.title() if word == text else word for word in words])[1]
    native = ConfigParser(ConfigParser.load_config_files(files))
    native.update(dict.fromkeys(keys, JSON[text]))
    hashes = {digest(flatten(one.config)) for one in (parser, told, python, native)}
    assert len(hashes) == 1
    study = Configured("", (), (), config)
    assert study.sort_out(dict.fromkeys(keys, text)) == study.sort_out(
        dict.fromkeys(keys, JSON[text])
    )


@pytest.mark.parametrize("files", CASES)
def test_what_may_be_null_takes_the_word_and_python_s(files):
    config = ConfigParser.load_config_files(files)
    keys = nullable_of(config)
    for text in ("null", "None"):
        read, parser = commanded(files, [word for key in keys for word in (f"--{key}", text)])
        assert no_switches(read.config, typed(read)) == []
        assert {key: parser.config[key] for key in keys} == dict.fromkeys(keys)


@pytest.mark.parametrize("text", ["off", "0", "1", "null", "None", "FALSE", "[]", "'no'", "auto"])
@pytest.mark.parametrize("files", CASES)
def test_a_switch_takes_nothing_else(files, text):
    config = ConfigParser.load_config_files(files)
    keys = [key for key in switches_of(config) if (key, text) != ("channels_last", "auto")]
    for key in keys:
        read = Words({key: text}, {}, config)
        (line,) = no_switches(read.config, typed(read))
        assert line.startswith(f"{key}: ")
        assert line.endswith(f"expected {'auto, ' if key in AUTO_TOO else ''}true or false")
        with pytest.raises(UserError, match=f"^{key}: .*, expected .*true or false$"):
            checked_overrides(config, {key: typed(read)[key]})


CONFIG = {
    "compile": False,
    "amp": "auto",
    "postfix": "seg",
    "patience": 5,
    "output_dir": "$'x'",
    "classes": [[1]],
    "base_channels": "$trained['base_channels']",
    "skip": "$trained['skip']",
    "own": True,
    "train": {"trainer": {"_target_": "T", "compile": "@compile", "amp": "$1 == 2"}},
}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        *(("skip", text, value) for text, value in JSON.items()),
        ("patience", "null", None),
        ("train#trainer#compile", "false", False),
        ("train::trainer::compile", "true", True),
        ("train#trainer#decollate", "false", False),  # an argument that the config leaves out
        ("postfix", "true", "true"),
        ("amp", "null", "null"),
        ("output_dir", "false", "false"),
        ("output_dir", "null", None),
        ("pretrained", "true", "true"),
        ("skip", "off", "off"),
        ("skip", 0, 0),
        ("skip", "$True", "$True"),
    ],
)
def test_a_word_is_json_s_unless_the_key_takes_any_text(key, value, expected):
    assert (found := meant(CONFIG, key, value)) == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("compile", "off", "compile: off, expected true or false"),
        ("own", 1, "own: 1, expected true or false"),
        ("train#trainer#compile", "no", "train#trainer#compile: no, expected true or false"),
        ("skip", None, "skip: null, expected true or false"),
        ("amp", None, "amp: null, expected a value, such as auto, which is taken where it is left"),
        ("classes", None, "classes: null, expected a value, such as [[1]]"),
        ("output_dir", None, "output_dir: null, expected a value; leave it out"),
        ("base_channels", None, "base_channels: null, expected a value; leave it out"),
    ],
)
def test_each_is_told_with_what_is_expected(key, value, line):
    (found,) = no_switches(CONFIG, {key: value})
    assert found.startswith(line)


@pytest.mark.parametrize(
    "given",
    [
        {"compile": "$1 == 1", "own": "@compile", "skip": {"_target_": "bool"}},
        {"patience": None, "train#trainer#amp": None, "train": None},
        {"amp": "off", "patience": 3, "train#trainer#decollate": True},
    ],
)
def test_others_pass(given):
    assert no_switches(CONFIG, given) == []


def test_the_words_of_an_overlay_are_read_as_those_of_the_command_line():
    """YAML has the values themselves; in quotes they are text."""
    overlaid = {**CONFIG, "compile": "true", "patience": "null"}
    parser = ConfigParser(dict(overlaid))
    override(parser, {})
    assert (parser.config["compile"], parser.config["patience"]) == (True, None)
    assert checked_overrides({**CONFIG, "compile": "true"}, {"compile": "false"}) == {
        "compile": False
    }
    with pytest.raises(UserError, match=r"^compile: yes, expected true or false$"):
        checked_overrides({**CONFIG, "compile": "yes"}, {})


def test_paths_are_never_switches():
    assert not {*PATHS} & {*SWITCHES}
