"""``medssl analyse`` is a group of commands."""

from medssl.commands import Analyse
from medssl.commands.analyse_runs import AnalyseRuns
from medssl.commands.analyse_weights import AnalyseWeights


def test_the_group_has_the_questions_on_runs_on_weights_and_on_theory():
    names = {name for part in (AnalyseRuns, AnalyseWeights) for name in vars(part)}
    wanted = {"compare", "outcomes", "hard_easy", "convergence", "cka", "gradcam", "restored"}
    assert {name for name in names if not name.startswith("_")} == wanted
    assert wanted | {"theory"} <= set(dir(Analyse()))
