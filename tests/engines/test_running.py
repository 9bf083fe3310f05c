"""Components learn of the configuration that they are part of."""

import pytest
from monai.bundle import ConfigParser, ConfigWorkflow

from medssl.engines.running import current_config, current_task, current_values, planned_epochs
from medssl.errors import UserError


class Workflow(ConfigWorkflow):
    """A workflow as far as its components can see it."""

    def __init__(self, config):
        self.properties = None
        self.parser = ConfigParser(config)

    def call(self, component):
        return component()


def test_outside_of_a_workflow_there_is_no_configuration():
    assert current_config() == {}
    assert current_values(["amp"]) == {}
    assert planned_epochs() is None
    assert current_task() is None


def test_values_are_worked_out_and_those_that_are_not_there_left_out():
    workflow = Workflow({"size": [8, 8], "twice": "$[2 * n for n in @size]", "lr": 0.1})
    found = workflow.call(lambda: current_values(("twice", "lr", "seed")))
    assert found == {"twice": [16, 16], "lr": 0.1}
    assert workflow.call(current_config)["twice"] == "$[2 * n for n in @size]"


def test_of_two_workflows_the_inner_one_counts():
    inner, outer = Workflow({"seed": 1}), Workflow({"seed": 2})
    assert outer.call(lambda: inner.call(lambda: current_values(["seed"]))) == {"seed": 1}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"max_epochs": 5}, 5),
        ({"max_epochs": 5, "train": {"trainer": {"max_epochs": 7}}}, 7),
        ({"max_epochs": 5, "train": {"trainer": {"max_epochs": "$2 * @max_epochs"}}}, 10),
        ({}, None),
    ],
)
def test_the_trainers_own_epochs_go_before_those_of_the_top_level(config, expected):
    assert Workflow(config).call(planned_epochs) == expected


def test_what_a_bundle_is_for_stands_in_its_metadata(tmp_path):
    (tmp_path / "configs").mkdir()
    workflow = Workflow({"bundle_root": str(tmp_path)})
    assert workflow.call(current_task) is None
    (tmp_path / "configs" / "metadata.json").write_text('{"task": "marking"}')
    assert workflow.call(current_task) == "marking"
    (tmp_path / "configs" / "metadata.json").write_text("{")
    with pytest.raises(UserError, match=r"metadata\.json: no valid JSON"):
        workflow.call(current_task)
