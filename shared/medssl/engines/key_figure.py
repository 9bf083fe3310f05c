"""The figure that weights and the end of a training are chosen by."""

from __future__ import annotations

import math

from ignite.engine import Engine
from monai.utils import is_scalar

from ..errors import UserError


def refuse_no_figure(engine: Engine) -> None:
    """A key metric of NaN would be the best for ever, whatever came after it.

    Args:
        engine: an evaluator that has just validated.

    Raises:
        UserError: its key metric is not a number.
    """
    name = engine.state.key_metric_name
    value = engine.state.metrics.get(name)
    if is_scalar(value) and math.isnan(float(value)):
        raise UserError(
            f"validation: {name} is not a number, so neither weights nor the end of a training can "
            "be chosen by it. The network may compute no numbers any more (a smaller "
            "learning_rate); or none of the scans shows what is looked for: add labelled scans "
            "that do, or draw the splits anew (--fractions, --seed or --folds of `medssl prepare`)"
        )
