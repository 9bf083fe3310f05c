"""Memory of CPU tensors that is freed and needed again at every step."""

from __future__ import annotations

import ctypes
import sys

# Names and numbers of glibc's malloc.h; the threshold is the largest that it takes.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
LARGEST_BLOCK = 32 * 2**20
KEPT = 2**30


def keep_freed_memory() -> bool:
    """Let freed blocks of up to 32 MiB stay with the process, 1 GiB at most at the heap's end.

    By default glibc gives the memory of a large tensor back at once and is given it again, page by
    page and zeroed, a moment later: a fifth of a training step of a small network on a CPU. Larger
    blocks, whole scans, go back as before. Calling it again changes nothing.

    Returns:
        Whether the C library took it; others than glibc have no such setting.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all([mallopt(MMAP_THRESHOLD, LARGEST_BLOCK), mallopt(TRIM_THRESHOLD, KEPT)])
