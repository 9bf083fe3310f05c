"""Commands for a method of one's own."""

from __future__ import annotations

NEXT = """
next, from the repository's folder:

  # test it
  python -m pytest tests/pretext/test_{name}.py tests/bundles/test_run.py -k {name}

  # train it for a minute or two on synthetic scans
  medssl prepare phantom --output runs/phantom --scans 12 --spacing 3
  medssl prepare images --source runs/phantom --output data/phantom --spacing 3 \\
      --images 'subset*/*.mhd' --labels 'nodule_masks/*.nii.gz' --fractions 0.5,0.25,0.25
  python -m monai.bundle run --bundle_root bundles/pretrain_{name} \\
      --config_file bundles/pretrain_{name}/configs/train.json --dataset_dir data/phantom \\
      --output_dir runs/{name} --crop_size "[32,32,32]" --crops_per_scan 16 --base_channels 8 \\
      --batch_size 4 --max_epochs 6 --val_interval 1

  # say whether the run is healthy
  medssl doctor runs/{name} --data data/phantom

docs/how-to/new-method.md goes on from there."""


class Research:
    """Making a method of one's own."""

    def new_method(self, name: str, family: str = "predictive") -> None:
        """Write a pretraining method that trains, to be changed into one's own.

        Args:
            name: of the method, lower-case words joined by underscores.
            family: predictive, generative or contrastive.
        """
        from ..zoo.skeleton import new_method

        print("written:", *new_method(str(name), str(family)), sep="\n  ")
        print(NEXT.format(name=name))
