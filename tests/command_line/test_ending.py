"""Every end is one line and the status that shells expect."""

import errno
import os
import signal
import subprocess
import sys
import tempfile

import pytest

from medssl.command_line.ending import ending
from medssl.errors import DEBUG, UserError
from medssl.signals import ASKED_TO_END

pytestmark = pytest.mark.usefixtures("own_signals")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("a.nii: broken"), "medssl: a.nii: broken"),
        (
            FileNotFoundError(2, "No such file or directory", "a/b"),
            "medssl: a/b: No such file or directory (MEDSSL_DEBUG=1 shows where)",
        ),
        (
            MemoryError("Unable to allocate 201 GiB"),
            "medssl: not enough memory (Unable to allocate 201 GiB) (MEDSSL_DEBUG=1 shows where)",
        ),
        (RuntimeError("a\nb"), "medssl: RuntimeError: a (MEDSSL_DEBUG=1 shows where)"),
        (KeyError("x"), "medssl: KeyError: 'x' (MEDSSL_DEBUG=1 shows where)"),
    ],
)
def test_an_error_is_one_line_and_where_it_was_is_shown_on_demand(error, line, monkeypatch):
    with pytest.raises(SystemExit) as caught, ending():
        raise error
    assert caught.value.code == line
    monkeypatch.setenv(DEBUG, "1")
    with pytest.raises(type(error)), ending():
        raise error


def test_ctrl_c_is_130(capsys):
    with pytest.raises(SystemExit) as caught, ending():
        raise KeyboardInterrupt
    assert caught.value.code == 130
    assert capsys.readouterr().err.startswith("medssl: interrupted (SIGINT), nothing is left half")


@pytest.mark.parametrize("number", ASKED_TO_END)
def test_other_signals_end_as_ctrl_c_does_and_what_is_half_written_goes(number, tmp_path, capsys):
    former = signal.getsignal(number)
    with pytest.raises(SystemExit) as caught, ending(), tempfile.TemporaryDirectory(dir=tmp_path):
        os.kill(os.getpid(), number)
    assert caught.value.code == 128 + number
    assert capsys.readouterr().err.startswith(f"medssl: interrupted ({number.name}), nothing")
    assert not any(tmp_path.iterdir())
    assert signal.getsignal(number) == former


def test_output_that_nobody_reads_is_no_error():
    program = (
        "import sys; from medssl.command_line.ending import ending\n"
        "with ending():\n"
        "    for _ in range(100000): print('a line')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


def test_a_broken_pipe_that_is_not_the_outputs_is_told():
    with pytest.raises(SystemExit, match=r"^medssl: .*Broken pipe"), ending():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
