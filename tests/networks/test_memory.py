"""Freed memory of CPU tensors is used again, not asked for anew."""

import subprocess
import sys

import pytest

FAULTS = """
import ctypes, resource, sys
from medssl.networks.memory import keep_freed_memory
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


def page_faults(how):
    command = [sys.executable, "-c", FAULTS, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_blocks_that_come_and_go_are_kept():
    assert page_faults("kept") < page_faults("as it is") / 10
