"""MONAI Label app for medssl bundles: put unpacked releases into ``model/`` and start the server.

A torch without CUDA and a torchvision built for CUDA, as PyPI gives them together, do not import:
torchvision refers to two operators that only its CUDA library defines. MONAI Label uses neither,
so they are declared here, without code, before anything imports torchvision.
"""

import torch

if torch.version.cuda is None:
    OPERATORS = torch.library.Library("torchvision", "DEF")
    OPERATORS.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    OPERATORS.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from lib.app import MedsslApp

__all__ = ["MedsslApp"]
