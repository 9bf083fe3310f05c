"""Processes beside this one do not hear Ctrl-C, and end, tidily, with the one that started them."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

import pytest

from medssl.processes import WORKERS_PER_CORE, processes, too_many


def is_held():
    """Whether this process never gets SIGINT: it inherits that from before its first import."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def survives():
    os.kill(os.getpid(), signal.SIGINT)
    return True


def wait_for_the_end(begun, tidied):
    try:
        begun.write_text("")  # a pipe, at whose other end the test waits
        while True:
            signal.pause()
    finally:
        tidied.write_text("")


def refuse():
    raise ValueError("of its own")


def test_workers_are_deaf_to_ctrl_c_from_their_start_and_this_process_is_not():
    with processes(2) as pool:
        held = [pool.submit(is_held) for _ in range(4)]
        assert all(job.result() for job in held)
        assert pool.submit(survives).result()
        assert not is_held()
        assert pool.submit(survives).result()


POOL = """
import sys
from medssl.processes import processes
print("colorsys" in sys.modules)
with processes(2, modules=("colorsys",)) as pool:
    print(pool.submit(eval, "'colorsys' in __import__('sys').modules").result())
"""


@pytest.mark.parametrize(("longer", "forked"), [(0, sys.platform == "linux"), (90, False)])
def test_modules_are_imported_once_where_there_is_room_for_a_socket(longer, forked):
    """In another process, of which this is the first pool."""
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        place = Path(short, "a" * longer)
        place.mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(place)}
        words = [sys.executable, "-c", POOL]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", str(forked)], done.stderr


KILLED = """
import time
from medssl.processes import processes
with processes(2) as pool:
    jobs = [pool.submit(time.sleep, seconds) for seconds in (0, 60, 0)]
    jobs[2].result()
    print("at work", flush=True)
    time.sleep(60)
"""


def test_all_end_with_a_process_that_is_killed():
    """Busy and idle ones, and their server: all of them hold the pipe that is read to its end."""
    words = [sys.executable, "-c", KILLED]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
    with process:
        assert process.stdout.readline() == b"at work\n"
        process.kill()
        reading = threading.Thread(target=process.stdout.read, daemon=True)
        reading.start()
        reading.join(50)
        left = reading.is_alive()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        assert not left


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_is_at_hand_is_broken_off_where_this_process_ends(tmp_path, end):
    begun, tidied = tmp_path / "begun", tmp_path / "tidied"
    os.mkfifo(begun)

    def break_off():
        with processes(1) as pool:
            pool.submit(wait_for_the_end, begun, tidied)
            for _ in range(3):  # which wait, some of them with the worker
                pool.submit(tidied.unlink)
            begun.read_text()
            raise end

    with pytest.raises(end):
        break_off()
    assert tidied.exists()


class Struck:
    """What a worker calls first; Ctrl-C comes while it is handed over."""

    def __reduce__(self):
        heard, said = os.pipe()
        os.set_blocking(said, False)
        former = signal.set_wakeup_fd(said)
        try:
            os.kill(os.getpid(), signal.SIGINT)
            os.read(heard, 1)  # when the other thread has received it
        finally:
            signal.set_wakeup_fd(former)
        return partial, (int,)


def test_ctrl_c_that_another_thread_receives_comes_when_the_new_process_is_known():
    others, over = multiprocessing.active_children(), threading.Event()
    threading.Thread(target=over.wait).start()
    former = signal.signal(signal.SIGINT, signal.default_int_handler)

    def start():
        with processes(1, Struck()) as pool:
            try:
                pool.submit(int)
            finally:
                assert len(multiprocessing.active_children()) == len(others) + 1

    try:
        with pytest.raises(KeyboardInterrupt):
            start()
    finally:
        signal.signal(signal.SIGINT, former)
        over.set()
    assert multiprocessing.active_children() == others


BEGINNING = """
import sys
from functools import partial
from medssl.processes import processes
begin = partial(exec, f"open({sys.argv[1]!r}, 'w').close(); __import__('signal').pause()")
with processes(1, begin) as pool:
    pool.submit(int)
    open(sys.argv[1]).read()
    sys.exit(3)
"""


def test_a_process_that_is_told_to_end_as_it_begins_says_nothing(tmp_path):
    os.mkfifo(tmp_path / "begun")
    words = [sys.executable, "-c", BEGINNING, str(tmp_path / "begun")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")


TRACKED = """
import os
from multiprocessing import resource_tracker
from medssl.processes import processes
from medssl.signals import ASKED_TO_END

with processes(1) as pool:
    pool.submit(int).result()
    for number in ASKED_TO_END:
        os.kill(resource_tracker._resource_tracker._pid, number)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no semaphores are left there")
def test_signals_to_the_group_leave_what_removes_semaphores_alone():
    """Python starts it anew where it has died, and it complains of all that it does not know."""
    done = subprocess.run([sys.executable, "-c", TRACKED], capture_output=True, check=True)
    assert done.stderr.decode() == ""


def test_an_error_of_a_job_is_told_as_it_is():
    with pytest.raises(ValueError, match="of its own"), processes(1) as pool:
        pool.submit(refuse).result()


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_just_more_than_memory_is_for_is_refused(monkeypatch, cores):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    most = WORKERS_PER_CORE * cores
    assert too_many("workers", most) == ""
    assert too_many("workers", most + 1) == (
        f"workers: {most + 1} processes on {cores} cores would fill the memory; expected at most "
        f"{most}, and {cores} are mostly enough"
    )
