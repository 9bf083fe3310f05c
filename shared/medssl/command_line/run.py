"""The entry point of every command line of the library."""

from __future__ import annotations

import inspect
import io
import logging
import sys
from collections.abc import Sequence

import fire
from fire.helptext import HelpText
from fire.trace import FireTrace

from .. import __version__
from ..errors import UserError
from ..paths import unreadable
from .ending import ending
from .options import described, set_types
from .words import HELP, Call, checked, find


def run_commands(commands: object, name: str) -> None:
    """Offer an object's methods as commands.

    Bad input ends in one line and exit status 1; help and version that were asked for are output.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _print_anything()
    words = sys.argv[1:]
    with ending():
        if reason := unreadable(words):
            raise UserError(reason)
        set_types(commands)
        call = find(commands, [word for word in words if word not in HELP])
        group = not callable(call.command)
        if _asks_version(call):
            print(name, __version__)
        elif set(HELP) & set(words) or (group and not call.rest):
            print(_help(commands, call, name))
        else:
            fire.Fire(commands, checked(commands, words), name=name)


def _print_anything() -> None:
    """Names of files hold what a terminal may not know."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _asks_version(call: Call) -> bool:
    """Whether the last word asks for it, of a command that has no option of that name itself."""
    own: Sequence[str] = ()
    if callable(call.command):
        own = list(inspect.signature(call.command).parameters)
    return call.rest[-1:] == ["--version"] and "version" not in own


def _help(commands: object, call: Call, name: str) -> str:
    """Fire's page on a command, which fire itself would show in a pager, as an error."""
    trace, component = FireTrace(commands, name=name), commands
    for word in call.path:
        component = getattr(component, word.replace("-", "_"))
        trace.AddAccessedProperty(component, word, [word], None, None)
    page = str(HelpText(described(component) if callable(component) else component, trace=trace))
    return page.replace("-h, --", "--")  # which is taken
