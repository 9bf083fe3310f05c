"""Epochs without masks: which batches have none, also after a kill and for validation."""

import pytest
from ignite.engine import Engine, Events

from medssl.engines import EarlyStop, UnmaskedEpochs
from medssl.errors import UserError
from medssl.pretext import RubiksCubePlusPretext

STEPS, EPOCHS = 3, 4


def rates(unmasked, begun=0):
    """The mask rate of each step of training, and of each epoch's validation."""
    transform, training, validation = RubiksCubePlusPretext(mask_rate=0.25), [], []
    trainer = Engine(lambda *_: training.append(transform.mask_rate))
    validate = Engine(lambda *_: validation.append(transform.mask_rate))

    @trainer.on(Events.STARTED)
    def go_on(engine):
        engine.state.epoch = engine.state.iteration = begun
        engine.state.iteration *= STEPS

    # Validation comes first of all that is called at an epoch's end, as it may in a config.
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: validate.run([0]))
    UnmaskedEpochs(transform, validate, unmasked).attach(trainer)
    trainer.run([0] * STEPS, max_epochs=EPOCHS)
    return training, validation


@pytest.mark.parametrize("unmasked", [0, 1, 3])
def test_training_has_no_masks_at_first_and_validation_has_them_always(unmasked):
    training, validation = rates(unmasked)
    assert training == [0.0] * STEPS * unmasked + [0.25] * STEPS * (EPOCHS - unmasked)
    assert validation == [0.25] * EPOCHS


@pytest.mark.parametrize("begun", [1, 2, 3])
def test_a_run_that_goes_on_masks_what_the_whole_one_does(begun):
    assert rates(2, begun)[0] == rates(2)[0][begun * STEPS :]


@pytest.mark.parametrize("unmasked", [EPOCHS, EPOCHS + 1])
def test_epochs_that_leave_none_with_masks_are_refused(unmasked):
    with pytest.raises(UserError, match=f"{unmasked} of max_epochs 4 leave no epoch with masks"):
        rates(unmasked)


@pytest.mark.parametrize("epochs", [-1, 0.6, True])
def test_what_is_no_number_of_epochs_is_refused(epochs):
    with pytest.raises(UserError, match=f"unmasked_epochs: {epochs}, expected a whole number, 0 "):
        UnmaskedEpochs(RubiksCubePlusPretext(), Engine(lambda *_: None), epochs)


@pytest.mark.parametrize(("unmasked", "patience", "best", "last"), [(0, 2, 1, 3), (2, 1, 3, 4)])
def test_the_best_validation_is_one_with_masks(unmasked, patience, best, last):
    scores = [0.9, 0.1, 0.5, 0.4, 0.3]
    trainer = Engine(lambda *_: None)
    validate = Engine(lambda *_: None)
    validate.state.best_metric_epoch = -1
    epochs = []

    @trainer.on(Events.EPOCH_COMPLETED)
    def score(engine):
        epochs.append(engine.state.epoch)
        state, score = validate.state, scores[engine.state.epoch - 1]
        if state.best_metric_epoch == -1 or score > state.best_metric:
            state.best_metric, state.best_metric_epoch = score, engine.state.epoch

    UnmaskedEpochs(RubiksCubePlusPretext(), validate, unmasked).attach(trainer)
    EarlyStop(validate, patience).attach(trainer)
    trainer.run([0], max_epochs=len(scores))
    assert (validate.state.best_metric_epoch, epochs[-1]) == (best, last)
