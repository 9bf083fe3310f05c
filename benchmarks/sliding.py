"""Windows of a whole scan in several precisions and memory layouts, on one device."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from medssl.engines.sliding_window import AutocastSlidingWindowInferer
from medssl.errors import UserError
from medssl.networks import UNet3D, place
from steps import VARIANTS, seconds_of

SIDE, ROI, OVERLAP = 256, 96, 0.25


def bench_sliding(
    device: torch.device, width: int = 32, side: int = SIDE, roi: int = ROI, repeats: int = 3
) -> list[dict[str, Any]]:
    """A row for each variant: windows a second, and how far its output is from the first one's.

    Args:
        device: a GPU; a CPU does for a look.
        width: base channels of the network.
        side: voxels of the scan along each axis.
        roi: of the window.
        repeats: scans that are timed; the quickest counts.
    """
    torch.manual_seed(0)
    network = UNet3D(1, 1, base_channels=width).eval()
    scan = torch.rand((1, 1, side, side, side), device=device)
    rows: list[dict[str, Any]] = []
    expected: Tensor | None = None
    for name, options in VARIANTS.items():
        row: dict[str, Any] = {"settings": name}
        try:
            found, figures = _one(network, scan, roi, repeats, options)
            expected = found if expected is None else expected
            row |= {**figures, "apart": float((found - expected).abs().max())}
        except (RuntimeError, UserError) as error:
            row["failed"] = str(error).splitlines()[0]
        print("windows:", row, flush=True)
        rows.append(row)
    return rows


def _one(
    network: torch.nn.Module, scan: Tensor, roi: int, repeats: int, options: dict[str, Any]
) -> tuple[Tensor, dict[str, Any]]:
    cuda = scan.device.type == "cuda"
    channels_last = bool(options.get("channels_last"))
    placed = place(network, scan.device, channels_last)
    run = torch.compile(placed) if options.get("compile") else placed
    inferer = AutocastSlidingWindowInferer(
        str(options.get("amp", "off")),
        channels_last,
        roi_size=(roi,) * 3,
        overlap=OVERLAP,
        sw_batch_size=4,
    )
    count = 0

    def counting(windows: Tensor) -> Tensor:
        nonlocal count
        count += len(windows)
        found: Tensor = run(windows)
        return found

    with torch.inference_mode():
        found = inferer(scan, counting).cpu()
        windows = count
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        seconds = min(seconds_of(lambda: inferer(scan, counting), repeats, scan.device))
    peak = torch.cuda.max_memory_allocated() / 2**20 if cuda else None
    return found, {"windows_a_second": windows / seconds, "peak_mib": peak}
