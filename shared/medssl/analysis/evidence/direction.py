"""Which metrics are better when they are low."""

from __future__ import annotations

# Surface distances in mm, errors of restoration and of probabilities, the loss of contrasts.
LOW = ("assd", "hd95", "mse", "brier", "ece", "nt_xent")
LOW_BEST = "lower is better"


def sign_of(metric: str) -> int:
    """1 of a metric of which higher is better, -1 of one of which lower is.

    Args:
        metric: such as ``dice``; parts by ``_`` may name a class or an answer: ``hd95_liver``.
    """
    return -1 if any(f"_{name}_" in f"_{metric}_" for name in LOW) else 1
