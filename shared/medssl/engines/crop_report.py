"""Which crops a pretraining learns from: said at its start and kept beside its weights."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from ..crops import CropDataset
from ..files import write_json
from ..ranks import is_main

CROPS = "crops.json"


def describe_crops(dataset: CropDataset) -> dict[str, Any]:
    """The rule of a data set's crops and what it accepts in up to 32 of its scans.

    Returns:
        ``crop_rule`` for all, ``scans`` looked at, how many of them take which rule (``rules``),
        and the ``lowest``, ``mean`` and ``highest`` share of positions that pass (``accepted``).
    """
    chooser = dataset.chooser
    volumes = chooser.looked_at()
    shares = [chooser.acceptance_of(volume) for volume in volumes]
    return {
        "crop_rule": chooser.rule,
        "scans": len(volumes),
        "rules": dict(Counter(chooser.rule_of(volume).name for volume in volumes)),
        "accepted": {
            "lowest": round(min(shares), 4),
            "mean": round(sum(shares) / len(shares), 4),
            "highest": round(max(shares), 4),
        },
    }


def report_crops(dataset: CropDataset, output_dir: str | Path) -> None:
    """Print which crops are drawn and write ``crops.json``, which provenance.json takes in."""
    if not is_main():
        return
    found = describe_crops(dataset)
    rules = ", ".join(f"{name} in {count}" for name, count in found["rules"].items())
    low, mean, high = (100 * share for share in found["accepted"].values())
    print(
        f"crops: rule {rules} of {found['scans']} scans looked at; it accepts {mean:.1f} % of "
        f"their positions ({low:.1f} to {high:.1f})"
    )
    write_json(Path(output_dir) / CROPS, found)
