"""Processes beside this one: how many there may be, and how they end with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.context import BaseContext
from typing import ParamSpec, TypeVar

from .signals import ASKED_TO_END

WORKERS_PER_CORE = 8
LONGEST_PLACE = 70  # characters, to which the server adds some 35
_AGAIN_S, _TRIES = 0.5, 10  # what is half-written is removed meanwhile
Given = ParamSpec("Given")
Result = TypeVar("Result")


def usable_cpus() -> int:
    """CPUs that this process may use; 1 where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def too_many(name: str, count: int) -> str:
    """Why so many processes are refused, or nothing: each takes half a gigabyte.

    Args:
        name: of the option or key.
        count: the number given.
    """
    cores = os.cpu_count() or 1
    if count <= WORKERS_PER_CORE * cores:
        return ""
    return (
        f"{name}: {count} processes on {cores} cores would fill the memory; expected at most "
        f"{WORKERS_PER_CORE * cores}, and {cores} are mostly enough"
    )


@contextmanager
def processes(
    count: int, begin: Callable[..., object] | None = None, modules: Sequence[str] = ()
) -> Iterator[ProcessPoolExecutor]:
    """A pool of new processes, which leave Ctrl-C to this one.

    Where this process is told to end, jobs that wait are dropped and those at hand are broken off.

    Args:
        count: how many, at most.
        begin: what each calls first.
        modules: what they need, imported once for all of them where they can be forked. They may
            start no threads; of the first pool of this process, as later ones share its imports.
    """
    others = multiprocessing.active_children()
    _start_tracker()
    with _Pool(count, _context(modules), _begin, (begin,)) as pool:
        try:
            yield pool
        except BaseException as error:
            if not isinstance(error, Exception):
                for each in set(multiprocessing.active_children()).difference(others):
                    each.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _context(modules: Sequence[str]) -> BaseContext:
    """Forks of a process that has imported and done nothing else; elsewhere new interpreters.

    A fork of this one would have its locks without its threads. On macOS libraries of the system
    bear no fork at all. The server listens at a socket in the folder for temporary files, whose
    name may have 107 characters.
    """
    if sys.platform != "linux" or len(os.fsencode(tempfile.gettempdir())) > LONGEST_PLACE:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    return context


class _Pool(ProcessPoolExecutor):
    """Starts its processes when work comes, deaf to Ctrl-C from before their first import."""

    def submit(
        self, fn: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Result]:
        with _held_back(signal.SIGINT), _signals_put_off():
            return super().submit(_do, partial(fn, *args, **kwargs))


def _start_tracker() -> None:
    """Start what removes semaphores that are left, deaf to all that asks a group of them to end.

    Python makes it deaf to Ctrl-C and SIGTERM alone. One that is started anew complains of each
    semaphore that it does not know.
    """
    if sys.platform != "win32":
        with _held_back(*ASKED_TO_END):
            resource_tracker.ensure_running()


@contextmanager
def _held_back(*signals: signal.Signals) -> Iterator[None]:
    """Hold signals back; a process that is started meanwhile never gets them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


@contextmanager
def _signals_put_off() -> Iterator[None]:
    """Let signals that ask to end come when a process that is started is known, to be ended too.

    Other threads, such as those of BLAS, receive what the main one holds back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    former = {each: signal.getsignal(each) for each in ASKED_TO_END}
    caught = {each: handler for each, handler in former.items() if callable(handler)}
    for each in caught:
        signal.signal(each, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for each, handler in caught.items():
            signal.signal(each, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def _begin(begin: Callable[..., object] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where signals cannot be held back
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    if begin is not None:
        begin()
    signal.signal(signal.SIGTERM, _leave)  # not before: an exception in here would be printed


def _end_with_the_first() -> None:
    """A pool whose process was killed would wait for its jobs for ever."""
    if (first := multiprocessing.parent_process()) is not None:
        first.join()
        for _ in range(_TRIES):  # one that comes right before a wait for work does not end it
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(_AGAIN_S)
        os._exit(128 + signal.SIGTERM)  # the pool took the exception for a job's, and waits on


def _leave(number: int, _frame: object) -> None:
    """As an exception, so that what is half-written is removed."""
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _do(job: Callable[[], Result]) -> Result:
    try:
        return job()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)  # else the next job would begin
