"""Manners that all commands have, whichever they are."""

import contextlib
import inspect
import re

import pytest

from medssl.cli import Commands, main
from medssl.command_line.options import commands_in
from medssl.errors import UserError

COMMANDS = dict(commands_in(Commands()))
WORDS = {str: "nowhere", int: "3"}


def every_command():
    return pytest.mark.parametrize("path", sorted(COMMANDS), ids=" ".join)


def parameters(path):
    return inspect.signature(COMMANDS[path], eval_str=True).parameters.values()


def required(path):
    return [
        one
        for one in parameters(path)
        if one.default is one.empty and one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    ]


def complete(path):
    """Words with which the command would start."""
    return [f"--{one.name}={WORDS.get(one.annotation, 'nowhere')}" for one in required(path)]


@pytest.fixture
def medssl(monkeypatch, tmp_path, capsys):
    """Run a command in an empty folder; its status or message, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["medssl", *words])
        code = None
        try:
            main()
        except SystemExit as end:
            code = end.code
        printed = capsys.readouterr()
        assert not any(tmp_path.iterdir())
        return code, printed.out, printed.err

    return run


def test_there_are_all_of_them():
    assert {("prepare", "images"), ("study", "start"), ("analyse", "cka"), ("pack",)} <= set(
        COMMANDS
    )


@every_command()
def test_help_is_output_and_says_all_that_the_command_takes(medssl, path):
    code, page, errors = medssl(*path, "--help")
    assert (code, errors) == (None, "")
    assert f"medssl {' '.join(path)} - " in page
    for one in parameters(path):
        if one.kind is one.VAR_KEYWORD:
            continue
        flag = one.name.upper() if one.kind is one.VAR_POSITIONAL else f"--{one.name}="
        assert flag in page or f"    {one.name.upper()}\n" in page, one.name
        assert one.annotation is not one.empty, one.name
    # Fire takes a line of the docstring that has a colon for another parameter, and drops it.
    said = inspect.getdoc(COMMANDS[path]).partition("Args:")[2]
    for word in set(re.findall(r"\w+", said)) - {"options"}:  # which have no name of their own
        assert re.search(rf"\b{word}\b", page, re.IGNORECASE), word


@every_command()
def test_an_unknown_option_is_refused_before_anything_is_written(medssl, path):
    code, page, _ = medssl(*path, *complete(path), "--zzz_unknown", "1")
    takes_keys = any(one.kind is one.VAR_KEYWORD for one in parameters(path))
    assert str(code).startswith("medssl: ")
    assert "\n" not in str(code)
    assert page == ""
    if not takes_keys:  # those of a config are refused when it is known
        assert "--zzz_unknown: no such option" in code


@every_command()
def test_a_missing_argument_is_named_in_one_line(medssl, path):
    for one in required(path):
        words = [word for word in complete(path) if not word.startswith(f"--{one.name}=")]
        code, page, errors = medssl(*path, *words)
        assert (page, errors) == ("", "")
        assert code.startswith(f"medssl: {' '.join(path)}: --{one.name} missing")


@every_command()
def test_a_value_of_another_type_is_named_in_one_line(medssl, path):
    for one in parameters(path):
        kinds = str(one.annotation)
        if one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL) or "str" in kinds or "Any" in kinds:
            continue
        others = [word for word in complete(path) if not word.startswith(f"--{one.name}=")]
        code, page, _ = medssl(*path, *others, f"--{one.name}=x")
        assert page == ""
        assert code.startswith(f"medssl: --{one.name}: x, expected ")


@every_command()
def test_a_word_too_many_is_refused(medssl, path):
    if any(one.kind is one.VAR_POSITIONAL for one in parameters(path)):
        return
    words = ["3" if "int" in str(one.annotation) else "true" for one in parameters(path)]
    with contextlib.suppress(TypeError):
        code, page, _ = medssl(*path, *words, "one", "more")
        assert page == ""
        assert code.startswith("medssl: ")


@pytest.mark.parametrize(
    ("path", "option"),
    [
        (path, name)
        for path in sorted(COMMANDS)
        for name in ("json", "picture")
        if name in inspect.signature(COMMANDS[path]).parameters
    ],
)
def test_the_place_of_an_answer_is_looked_at_before_anything_else(path, option):
    """What else it is asked for is not there, which it would tell after its work."""
    words = {one.name: "nowhere" for one in required(path)}
    with pytest.raises(UserError, match=r"answer\.txt.*expected"):
        COMMANDS[path](**words, **{option: "answer.txt"})
