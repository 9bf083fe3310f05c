"""Files that nobody renames: prepared by patterns, learnt from, and segmented by the same ones."""

import nibabel as nib
import numpy as np
import pytest
from monai.bundle import run as run_config

from medssl.errors import one_line
from medssl.sources import prepare_images
from tests.scans import save_nifti

from .conftest import arguments, tiny
from .organs import scan_with_organs
from .test_channels import AFFINE, WINDOW, channels_of_one

TASK = "volume_segmentation"
GLOBS = "flair=**/*flair.nii.gz,t1=**/*t1.nii.gz"


def run(configs, data, **overrides):
    run_config(**arguments(TASK, configs, data, **overrides))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Patients with a folder each, and the last one as nnU-Net names files."""
    folder = tmp_path_factory.mktemp("globs")
    for seed in range(4):
        hu, label = scan_with_organs(seed)
        for number, values in enumerate(channels_of_one(hu)[:2]):
            name = ("flair", "t1")[number]
            save_nifti(folder / "named" / f"p{seed}" / f"{name}.nii.gz", values, AFFINE)
            if seed == 3:
                save_nifti(folder / "numbered" / f"p3_{number:04d}.nii.gz", values, AFFINE)
        save_nifti(folder / "named" / f"p{seed}" / "seg.nii.gz", label, AFFINE)
    return folder


@pytest.fixture(scope="module")
def trained(scans, tmp_path_factory):
    data, out = (tmp_path_factory.mktemp(name) for name in ("data", "trained"))
    options = {"spacing": 4.0, "fractions": (0.5, 0.25, 0.25), "workers": 1, "modality": "mr"}
    prepare_images(
        scans / "named", data, images=GLOBS, labels="**/*seg.nii.gz", patients="each", **options
    )
    run(["train"], data, output_dir=str(out), **tiny(TASK))
    return out


def test_masks_are_those_of_the_same_scans_under_numbers(scans, trained, tmp_path):
    masks = {}
    for layout, images in (("named", GLOBS), ("numbered", None)):
        out = tmp_path / layout
        model = str(trained / "model.pt")
        given = {} if images is None else {"images": images}
        run(["inference"], scans / layout, output_dir=str(out), model=model, **given, **WINDOW)
        masks[layout] = {path.name: nib.load(path) for path in out.glob("*.nii.gz")}
    assert sorted(masks["named"]) == [f"p{seed}_seg.nii.gz" for seed in range(4)]
    one, other = (masks[layout]["p3_seg.nii.gz"] for layout in ("named", "numbered"))
    np.testing.assert_array_equal(one.get_fdata(), other.get_fdata())
    np.testing.assert_array_equal(one.affine, other.affine)
    assert len(np.unique(one.get_fdata())) > 1, "an empty mask would prove nothing"


def test_channels_in_another_order_are_refused(scans, trained, tmp_path):
    turned = ",".join(reversed(GLOBS.split(",")))
    model = str(trained / "model.pt")
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- MONAI wraps it
        run(
            ["inference"],
            scans / "named",
            output_dir=str(tmp_path),
            model=model,
            images=turned,
            **WINDOW,
        )
    assert one_line(caught.value).startswith(
        "images: its channels are t1, flair, the model sees 2: flair, t1; give a pattern for each"
    )
