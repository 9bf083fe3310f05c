"""Stopping when validation stands still, also across a restart."""

import pytest
from ignite.engine import Engine, Events

from medssl.engines import EarlyStop
from medssl.errors import UserError


def run(scores, patience, start=0, best=(-1, -1.0)):
    """Train on a list of validation scores (higher is better); return the epochs trained."""
    trainer, evaluator = Engine(lambda *_: None), Engine(lambda *_: None)
    evaluator.state.best_metric_epoch, evaluator.state.best_metric = best
    epochs = []

    @trainer.on(Events.STARTED)
    def restore(engine):
        engine.state.epoch, engine.state.iteration = start, start

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        epochs.append(engine.state.epoch)
        score = scores[engine.state.epoch - 1]
        if score > evaluator.state.best_metric:
            evaluator.state.best_metric = score
            evaluator.state.best_metric_epoch = engine.state.epoch

    EarlyStop(evaluator, patience).attach(trainer)
    trainer.run([0], max_epochs=len(scores))
    return epochs, (evaluator.state.best_metric_epoch, evaluator.state.best_metric)


SCORES = [0.1, 0.3, 0.2, 0.4, 0.4, 0.1, 0.3, 0.9]


@pytest.mark.parametrize(("patience", "last"), [(1, 3), (2, 6), (3, 7), (4, 8), (None, 8)])
def test_it_stops_patience_epochs_after_the_best(patience, last):
    assert run(SCORES, patience)[0] == list(range(1, last + 1))


@pytest.mark.parametrize("killed", [1, 3, 5, 6])
def test_a_restart_stops_where_the_whole_run_stopped(killed):
    _, best = run(SCORES[:killed], None)
    assert run(SCORES, 2, killed, best)[0] == list(range(killed + 1, 7))


def test_without_validation_it_does_not_stop():
    assert len(run([-2.0] * 5, 1)[0]) == 5


def test_bad_patience():
    with pytest.raises(UserError, match="patience: 0, expected 1 epoch or more"):
        EarlyStop(Engine(lambda *_: None), 0)
