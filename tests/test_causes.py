"""What led to an error is the same, whether an exception holds it or a text that was sent."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from torch._utils import ExceptionWrapper

from medssl.causes import Cause, causes_of


class Own(Exception):
    """One that a traceback names with its module."""


def raise_them():
    """Two chains: the later one of three errors, the earlier one of a single error."""
    try:
        {}["key"]
    except KeyError:
        try:
            try:
                Path("nowhere").stat()
            except OSError as error:
                raise ValueError from error
        except ValueError as error:
            raise Own("last\nof all") from error


FOUND = [
    [
        Cause("tests.test_causes.Own", "last\nof all"),
        Cause("ValueError", ""),
        Cause("FileNotFoundError", "[Errno 2] No such file or directory: 'nowhere'"),
    ],
    [Cause("KeyError", "'key'")],
]


def caught(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing raised")


def test_an_error_has_its_root_last_and_what_was_handled_meanwhile_apart():
    assert causes_of(caught(raise_them)) == FOUND
    assert FOUND[0][-1].of_file == "nowhere: No such file or directory"
    assert FOUND[1][-1].of_file == ""


def test_a_loader_sends_the_same():
    try:
        raise_them()
    except Own:
        sent = ExceptionWrapper(where="in DataLoader worker process 0")
    assert causes_of(caught(sent.reraise)) == FOUND


def test_a_pool_sends_the_same_below_the_error():
    with ProcessPoolExecutor(1) as pool:
        found = causes_of(pool.submit(raise_them).exception())
    assert found == [[FOUND[0][0], *FOUND[0]], FOUND[1]]


def raise_two():
    raise ExceptionGroup("two", [OSError("a"), KeyError("b")])


def test_of_a_group_a_pool_sends_the_first_line_too():
    with ProcessPoolExecutor(1) as pool:
        [[_, sent]] = causes_of(pool.submit(raise_two).exception())
    assert sent.name == "ExceptionGroup"
    assert sent.text.splitlines()[0] == "two (2 sub-exceptions)"


def test_what_was_never_raised_has_a_line_alone_in_what_is_sent():
    try:
        raise Own("now") from ValueError("never")
    except Own as error:
        sent, kept = ExceptionWrapper(where="in DataLoader worker process 0"), error
    expected = [[Cause("tests.test_causes.Own", "now"), Cause("ValueError", "never")]]
    assert causes_of(kept) == expected
    assert causes_of(caught(sent.reraise)) == expected


def test_a_text_that_only_looks_like_one_of_a_file_is_left_alone():
    assert Cause("OSError", r"[Errno 2] No such file: '\xq'").of_file == ""
    assert Cause("OSError", "[Errno 28] No space left on device").of_file == ""
    assert Cause("OSError", "[Errno 9] Bad file descriptor: 7").of_file == ""
