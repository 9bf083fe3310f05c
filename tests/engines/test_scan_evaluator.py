"""One bad scan among many: named, passed over, and told at the end."""

import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset, MetaTensor
from monai.engines.utils import IterationEvents
from monai.inferers import SimpleInferer
from torch import nn

from medssl.engines import ScanEvaluator
from medssl.errors import UnwritableError, UserError
from medssl.sources.raw_scans import BROKEN, REASON


class Refusing(SimpleInferer):
    """Refuses dark scans as user input, and fails on negative ones as code does."""

    def __call__(self, inputs, network, *args, **kwargs):
        value = float(inputs.flatten()[0])
        if value == 0:
            raise UserError("points: none in this scan")
        if value < 0:
            raise ZeroDivisionError
        return super().__call__(inputs, network, *args, **kwargs)


def items(*values):
    """One voxel each; None for a scan that could not be read."""
    return [
        {BROKEN: f"s{number}", REASON: "no CT"}
        if value is None
        else {"image": MetaTensor(torch.full((1, 1, 1, 1), value), meta={"name": f"s{number}"})}
        for number, value in enumerate(values)
    ]


def evaluator(seen, *values):
    def note(engine):
        seen.extend(float(output["pred"].flatten()[0]) for output in engine.state.output)

    made = ScanEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(Dataset(items(*values)), batch_size=1),
        network=nn.Identity(),
        inferer=Refusing(),
    )
    made.add_event_handler(Events.ITERATION_COMPLETED, note)
    return made


def test_good_scans_alone_are_no_complaint(capsys):
    seen = []
    evaluator(seen, 1.0, 2.0).run()
    assert seen == [1, 2]
    assert capsys.readouterr().err == ""


def test_the_others_are_done_and_each_bad_one_is_named(capsys):
    seen = []
    with pytest.raises(UserError) as caught:
        evaluator(seen, 1.0, None, 0.0, 4.0).run()
    assert seen == [1, 4]
    assert capsys.readouterr().err == "medssl: no CT\nmedssl: points: none in this scan\n"
    assert str(caught.value).startswith("2 of 4 scans could not be processed: s1, s2; ")


def test_a_second_run_starts_from_nothing():
    made = evaluator([], None, 1.0)
    for _ in range(2):
        with pytest.raises(UserError, match="1 of 2 scans"):
            made.run()
        assert made.left_out == ["s0"]


def test_of_many_some_are_named():
    with pytest.raises(UserError, match=r"12 of 12 .*: s0, s1, .*, s9 and 2 more; "):
        evaluator([], *[None] * 12).run()


def test_results_that_cannot_be_written_are_no_fault_of_a_scan(capsys):
    made = evaluator([], 1.0, 2.0)

    def full(_):
        raise UnwritableError("a disk: full")

    made.add_event_handler(IterationEvents.FORWARD_COMPLETED, full)
    with pytest.raises(UnwritableError, match="a disk: full"):
        made.run()
    assert made.state.iteration == 1
    assert capsys.readouterr().err == ""


def test_an_error_of_the_code_is_not_taken_for_a_bad_scan():
    with pytest.raises(ZeroDivisionError):
        evaluator([], -1.0).run()
