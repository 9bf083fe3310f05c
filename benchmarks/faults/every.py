"""All faults."""

from __future__ import annotations

from . import disks, folders, killing, training

FAULTS = (*training.FAULTS, *killing.FAULTS, *disks.FAULTS, *folders.FAULTS)
