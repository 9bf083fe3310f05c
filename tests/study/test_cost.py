"""What a study will cost: one probe for many runs, kept, and said as a bound."""

import resource
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from medssl.errors import UserError
from medssl.study import cost as costing
from medssl.study.cost import KIB, MIB, measure_costs, read_costs, say_costs

from .test_plan import plan as planned


@pytest.fixture
def probes(monkeypatch):
    calls = []

    def estimate(config, data, steps, overrides):
        calls.append((config[0].split("/")[-3], overrides))
        sizes = {"model.pt": 10.0, "checkpoint.pt": 20.0}
        return SimpleNamespace(hours=0.5, memory_mib=100.0, disk_mib=sizes, device="cpu")

    monkeypatch.setattr(costing, "estimate", estimate)
    return calls


def test_runs_that_cost_the_same_are_probed_once(probes, tmp_path):
    plan = planned()
    costs = measure_costs(plan, plan.runs, tmp_path)
    assert [name for name, _ in probes] == [
        *("lung_nodule_ct_segmentation", "pretrain_models_genesis", "pretrain_simclr")
    ]
    assert set(costs) == set(plan.runs)
    assert {one["minutes"] for one in costs.values()} == {30.0}
    assert probes[0][1]["max_epochs"] == 1


def test_a_job_asks_for_the_memory_of_its_process_and_not_of_the_device_alone(probes, tmp_path):
    plan = planned()
    one = measure_costs(plan, list(plan.runs)[:1], tmp_path)
    (found,) = one.values()
    assert found["memory_mib"] == 100.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        KIB if sys.platform != "darwin" else MIB
    )
    assert 100 < found["host_mib"] - 100.0 <= peak  # on a CPU what a step needs comes on top
    run = next(iter(plan.runs.values()))
    assert run.free["num_workers"] == 0
    more = costing._host_mib(replace(run, free={"num_workers": 3}))
    subprocess.run([sys.executable, "-c", "bytes(50_000_000)"], check=True)  # now there is a child
    child = costing._host_mib(replace(run, free={"num_workers": 3})) - costing._host_mib(run)
    assert child >= 3 * 47
    assert more >= found["host_mib"] - 100.0


def test_what_was_measured_is_kept(probes, tmp_path):
    plan = planned()
    first = list(plan.runs)[:2]
    measure_costs(plan, first, tmp_path)
    assert set(read_costs(tmp_path)) == set(first)
    done = len(probes)
    measure_costs(plan, plan.runs, tmp_path)
    measure_costs(plan, plan.runs, tmp_path)
    assert len(probes) == 3 >= done


def test_hours_are_a_bound_and_what_is_not_measured_is_said(probes, tmp_path):
    plan = planned()
    assert say_costs({}, plan.runs, plan).startswith("hours and disk: not measured here")
    some = measure_costs(plan, list(plan.runs)[:4], tmp_path)
    said = say_costs(some, plan.runs, plan)
    assert said == (
        f"at most 2 hours on cpu and {4 * 30 / 1024:.3g} GiB of weights, of 4 of "
        f"{len(plan.runs)} trainings"
    )


def test_without_data_nothing_can_be_timed(probes, tmp_path):
    plan = planned(digests={})
    with pytest.raises(UserError, match="prepared: not a prepared data set"):
        measure_costs(plan, plan.runs, tmp_path)
