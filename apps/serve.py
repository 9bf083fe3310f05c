"""Start MONAI Label's server: ``python apps/serve.py start_server --app ... --studies ...``.

The arguments are those of ``python -m monailabel.main``. A torch without CUDA and a torchvision
built for CUDA, as PyPI gives them together, do not import: torchvision declares its operators for
two that only its CUDA library defines. MONAI Label uses neither, so they are declared empty here.
"""

import runpy
import sys

import torch

if torch.version.cuda is None:
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

if __name__ == "__main__":
    sys.argv[0] = "monailabel"
    runpy.run_module("monailabel.main", run_name="__main__")
