"""Whether a plan's experiments fit the tables that are read off them, before anything is run."""

from __future__ import annotations

import pandas as pd

from ...errors import UserError
from ..runs import Plan
from ..store import CASES, CURVES, Store
from . import MADE, own_tables


def check_tables(plan: Plan, where: str) -> None:
    """Refuse experiments whose tables could not be made, were all runs there.

    Args:
        plan: of a study.
        where: what messages call it.

    Raises:
        UserError: an experiment has the name of a table, and levels that it does not tell apart, or
            not those that it does.
    """
    nothing = Store(
        plan,
        pd.DataFrame(columns=["key"]).set_index("key", drop=False),
        pd.DataFrame(columns=list(CASES)),
        pd.DataFrame(columns=list(CURVES)),
    )
    for table in {**MADE, **own_tables(plan, MADE.values())}.values():
        if table.belongs_to(plan):
            try:
                table.rows(nothing)
                table.said(nothing)
            except UserError as error:
                raise UserError(f"{where}: {table.title}: {error}") from error
