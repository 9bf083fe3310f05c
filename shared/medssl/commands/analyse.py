"""``medssl analyse``: looking into weights and runs, one question at a time."""

from __future__ import annotations

from pathlib import Path

from .analyse_runs import AnalyseRuns
from .analyse_weights import AnalyseWeights
from .answers import keep, refuse_others


class Analyse(AnalyseRuns, AnalyseWeights):
    """Questions on weights and runs; answers go to the screen and, with --json, to a file."""

    def theory(
        self,
        draws: int = 200_000,
        seed: int = 0,
        json: str | None = None,
        picture: str | None = None,
    ) -> None:
        """Simulate the paper's theorems 1 and 2, beside their printed and corrected forms.

        Args:
            draws: of each simulation.
            seed: of the draws.
            json: file to write the figures to as well.
            picture: file for errors and bounds, png, svg or pdf.
        """
        refuse_others(json, picture)
        from ..analysis.theory import draw_theory, simulate_theory

        found = simulate_theory(draws=draws, seed=seed)
        print(found)
        keep(found.record(), json)
        if picture is not None:
            draw_theory(found, Path(picture))
