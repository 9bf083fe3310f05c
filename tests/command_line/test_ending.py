"""Every end is one line and the status that shells expect."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest

from medssl.command_line.ending import ending
from medssl.errors import DEBUG, UserError


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
    assert capsys.readouterr().err == "medssl: interrupted\n"


def test_sigterm_is_143_and_what_is_half_written_goes(tmp_path, capsys):
    former = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, ending(), tempfile.TemporaryDirectory(dir=tmp_path):
        os.kill(os.getpid(), signal.SIGTERM)
    assert caught.value.code == 143
    assert capsys.readouterr().err == "medssl: ended by SIGTERM\n"
    assert not any(tmp_path.iterdir())
    assert signal.getsignal(signal.SIGTERM) == former


def test_a_child_ends_as_it_would_without(tmp_path):
    with ending():
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(7)
        _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGTERM


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
