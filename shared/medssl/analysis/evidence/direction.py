"""Which metrics are better when they are low."""

from __future__ import annotations

# Surface distances in mm, errors of restoration, and errors of probabilities.
LOW = frozenset(("assd", "hd95", "mse", "brier", "ece"))
LOW_BEST = "lower is better"


def sign_of(metric: str) -> int:
    """1 of a metric of which higher is better, -1 of one of which lower is.

    Args:
        metric: such as ``dice``; parts by ``_`` may name a class or an answer: ``hd95_liver``.
    """
    return 1 if LOW.isdisjoint(metric.split("_")) else -1
