"""What stands in the places of a table, in words: only what the table has."""

from __future__ import annotations

import pandas as pd

from ...analysis.evidence.verdict import GAIN, LOSS, NO_GAIN
from ..tables.frame import low_is_best

JUDGED = (GAIN, LOSS, NO_GAIN)
RULE = (
    "Gain or loss is said only where Holm's adjusted p is below .05, the 95 % interval leaves out "
    "0 and all runs agree in sign; everything else is no evidence of gain."
)
LOW_RULE = "Where lower is better, as of hd95 and assd, a difference below 0 is the gain."


def legend_of(frame: pd.DataFrame) -> str:
    """The legend of a table, with the rule of its claims where it has some."""
    parts = {
        "the mean": not frame["keys"].fillna("").eq("").all(),
        "its 95 % interval over runs and patients (of a single run over patients alone)": (
            frame["low"].notna().any()
        ),
        "the difference from the baseline, run by run": frame["difference"].notna().any(),
        "what may be said of it": frame["verdict"].isin(JUDGED).any(),
        "p after Holm's correction, and the probability that the better of the two is not (false "
        "claim)": frame["p_adjusted"].notna().any(),
        "how many runs and patients, each run with a link": frame["seeds"].notna().any(),
        "the paper's figure, as a fraction, in brackets its difference from its own baseline": (
            frame["paper"].notna().any() or frame["paper_difference"].notna().any()
        ),
        "grey with the reason where that is doubtful": frame["doubt"].fillna("").ne("").any(),
    }
    shown = [text for text, there in parts.items() if there]
    said = f"In each place: {'; '.join(shown)}." if shown else ""
    rules = [RULE] if parts["what may be said of it"] else []
    if rules and frame.loc[frame["verdict"].isin(JUDGED), "column"].map(low_is_best).any():
        rules.append(LOW_RULE)
    return " ".join(filter(None, (said, *rules)))
