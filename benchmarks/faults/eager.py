"""``medssl`` that starts as many workers as it is asked for, however little there is to prepare."""

from __future__ import annotations

import runpy

from medssl.sources import workers

if __name__ == "__main__":
    workers.WORTH_BYTES = 1
    runpy.run_module("medssl", run_name="__main__", alter_sys=True)
