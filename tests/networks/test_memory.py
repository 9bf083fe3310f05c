"""Freed memory of CPU tensors is used again, not asked for anew."""

import sys

import pytest

from tests.warm import run_warm

FAULTS = """
import ctypes, resource, sys
from medssl.networks.memory import keep_freed_memory
# As glibc begins: what has been imported may have moved its thresholds, for trimming and mmap.
assert all(ctypes.CDLL(None).mallopt(name, 128 * 1024) for name in (-1, -3))
if sys.argv[1] == "kept":
    assert keep_freed_memory()
import torch
def step():
    blocks = [torch.ones(2**20) for _ in range(6)]  # 4 MiB each
for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how, folder):
    (folder / "faults.py").write_text(FAULTS)
    done = run_warm([sys.executable, "-W", "ignore", "-m", "faults", how], folder)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_blocks_that_come_and_go_are_kept(tmp_path):
    assert page_faults("kept", tmp_path) < page_faults("as it is", tmp_path) / 10
