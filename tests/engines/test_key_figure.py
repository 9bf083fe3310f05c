"""A key metric that is no number decides nothing, neither about weights nor about the end."""

import pytest
import torch
from ignite.engine import Engine, Events
from ignite.metrics import Average
from monai.engines import SupervisedEvaluator

from medssl.engines import EarlyStop
from medssl.errors import UserError


def validating(score):
    """An evaluator whose key metric is that score."""
    return SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=[{"image": torch.zeros(1), "label": torch.zeros(1)}],
        network=torch.nn.Identity(),
        key_val_metric={"skill": Average(lambda _: score)},
    )


def test_patience_refuses_a_figure_that_would_be_the_best_for_ever():
    for score, patience in ((float("nan"), 1), (0.5, 1), (float("nan"), None)):
        evaluator, trainer = validating(score), Engine(lambda *_: None)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda _, e=evaluator: e.run(1))
        EarlyStop(evaluator, patience).attach(trainer)
        if score == score or patience is None:
            trainer.run([0], max_epochs=3)
            continue
        with pytest.raises(UserError, match=r"validation: skill is not a number"):
            trainer.run([0], max_epochs=3)
