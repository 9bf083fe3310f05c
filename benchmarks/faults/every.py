"""All faults."""

from __future__ import annotations

from . import disks, folders, killing, served, training

FAULTS = (*training.FAULTS, *killing.FAULTS, *served.FAULTS, *disks.FAULTS, *folders.FAULTS)
