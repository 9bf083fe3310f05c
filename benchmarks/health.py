"""How healthy runs look: each pretraining bundle, small and short, on the phantom.

    python benchmarks/health.py [--bundles pretrain_simclr ...] [--seeds 0 1 2] [--steps 200]

Prints for each run the mean loss of its first and last ten steps and what `medssl doctor` says,
held-out crops included. The bands of `bundles/*/docs/health.json` that are not theory come from
here.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path
from typing import Any

from monai.bundle import ConfigWorkflow

from medssl.analysis import diagnose
from medssl.analysis.bundles import find_bundles, read_config
from medssl.analysis.health.run_folder import read_run
from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images

SPACING_MM = 2.0
SMALL = {"base_channels": 8, "batch_size": 8, "num_workers": 0, "val_interval": 1}
SIDES = {"patch_size": 24, "cube_size": 24, "crop_size": 32}
EPOCHS = 4


def make_data(folder: Path) -> Path:
    """Ten prepared phantom scans at 2 mm, two of them held out."""
    raw, data = folder / "raw", folder / "data"
    prepare_phantom(raw, scans=10, seed=0, spacing=SPACING_MM)
    fractions = (0.6, 0.2, 0.2)
    prepare_images(raw, data, images="subset*/*.mhd", spacing=SPACING_MM, fractions=fractions)
    return data


def settings(bundle: Path, steps: int) -> dict[str, Any]:
    """Overrides for a small, short run; a size that follows from another key stays."""
    config = read_config(bundle).config
    sides = {key: [side] * 3 for key, side in SIDES.items() if isinstance(config.get(key), list)}
    crops = -(-steps * SMALL["batch_size"] // (6 * EPOCHS))
    return {**SMALL, **sides, "max_epochs": EPOCHS, "crops_per_scan": crops}


def train(bundle: Path, data: Path, output: Path, **overrides: Any) -> None:
    """Run the bundle's training in this process."""
    workflow = ConfigWorkflow(
        str(bundle / "configs" / "train.json"),
        workflow_type="train",
        logging_file=False,
        bundle_root=str(bundle),
        dataset_dir=str(data),
        output_dir=str(output),
        **overrides,
    )
    workflow.initialize()
    workflow.run()


def main() -> None:
    """Train, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bundles", nargs="+", default=["pretrain_*"])
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--steps", type=int, default=200)
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        data = make_data(Path(name))
        for pattern in arguments.bundles:
            for bundle in find_bundles(pattern=pattern):
                for seed in arguments.seeds:
                    output = Path(name) / f"{bundle.name}_{seed}"
                    train(bundle, data, output, seed=seed, **settings(bundle, arguments.steps))
                    losses = list(read_run(output).losses.values())
                    first, last = sum(losses[:10]) / 10, sum(losses[-10:]) / 10
                    print(f"\nseed {seed}: loss {first:.4g} -> {last:.4g}")
                    print(diagnose(output, data), flush=True)


if __name__ == "__main__":
    main()
