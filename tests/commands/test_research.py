"""What ``medssl new-method`` says comes next are commands that exist."""

import shlex
from pathlib import Path

from medssl.cli import Commands
from medssl.command_line import checked
from medssl.commands import Research

ROOT = Path(__file__).resolve().parents[2]


def test_what_comes_next_are_commands_that_exist(asked, capsys):
    calls = asked("medssl.zoo.skeleton.new_method", ["a", "b"])
    Research().new_method("rotation", "generative")
    assert (calls[0]["name"], calls[0]["family"]) == ("rotation", "generative")
    printed = capsys.readouterr().out
    assert printed.startswith("written:\n  a\n  b\n")
    lines = printed.replace("\\\n", " ").splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("  medssl ")]
    assert [words[1] for words in commands] == ["prepare", "prepare", "doctor"]
    for words in commands:
        checked(Commands(), words[1:])
    for word in printed.split():
        if word.startswith("bundles/") or word.startswith("docs/"):
            assert (ROOT / word).exists(), word
