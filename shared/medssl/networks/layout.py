"""How a network's weights and maps lie in memory."""

from __future__ import annotations

import torch

from ..errors import UserError

AUTO = "auto"


def lies_last(channels_last: bool | str, device: torch.device | str) -> bool:
    """What ``channels_last`` comes to on a device.

    Args:
        channels_last: true, false, or "auto": on a CPU, where it was measured to help
            (docs/how-to/precision-and-speed.md).
        device: where the network runs.

    Raises:
        UserError: it is none of these.
    """
    if channels_last not in (AUTO, True, False):
        raise UserError(f"channels_last: expected auto, true or false, got {channels_last!r}")
    return torch.device(device).type == "cpu" if channels_last == AUTO else bool(channels_last)
