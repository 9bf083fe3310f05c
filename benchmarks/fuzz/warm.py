"""What children need is imported once, before they are forked."""

from __future__ import annotations

import gc
import importlib

_MODULES = (
    *(
        "monai.bundle",
        "torch.utils.tensorboard",
        "fire",
        "nibabel",
        "pydicom",
        "itk",
        "scipy.ndimage",
    ),
    *("skimage", "safetensors.torch", "blosc2", "yaml"),
    *(
        f"medssl.{room}"
        for room in (
            *("analysis", "command_line", "crops", "engines", "losses", "metrics", "pretext"),
            *("sources", "transfer", "transforms", "zoo", "cli", "sources.itk_file"),
            *("sources.nifti_file", "sources.data_set"),
        )
    ),
)


def up() -> None:
    """Import; no thread is started."""
    for name in _MODULES:
        importlib.import_module(name)
    gc.freeze()
