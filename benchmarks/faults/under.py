"""Run a module as ``python -m`` does, with less than is usual: ``under JSON MODULE WORDS``.

``folder`` to start in; ``unprivileged``: even root may only write where the file's mode lets it;
``tmpfs``: a folder by its size in bytes, mounted for this process alone.
"""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import subprocess
import sys

_VERSION_3 = 0x20080522  # of the interface for capabilities
_DAC_OVERRIDE, _FOWNER = 1, 3  # of capabilities(7)
_NEW_MOUNTS = 0x00020000  # CLONE_NEWNS


def drop_privileges() -> None:
    """Give up root's right to write where the mode forbids it; nothing changes for others."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, twice
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    dropped = ~(1 << _DAC_OVERRIDE | 1 << _FOWNER) & 0xFFFFFFFF
    for number in (0, 1):
        sets[number] &= dropped
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def mount(sizes: dict[str, int]) -> None:
    """Mount a tmpfs for this process and its children alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)  # nosec B607
    for folder, size in sizes.items():
        words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        subprocess.run(words, check=True)


def main() -> None:
    """Settle, then run."""
    limits, module, words = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3:]
    os.chdir(limits["folder"])
    sys.path[0] = limits["folder"]
    if "tmpfs" in limits:
        mount(limits["tmpfs"])
    if "unprivileged" in limits:
        drop_privileges()
    sys.argv = [sys.argv[0], *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
