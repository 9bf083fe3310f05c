"""What the report looks like."""

from medssl.analysis.health.findings import BAD, OK, UNKNOWN, Finding, table


def test_table_shows_every_cell_and_the_advice():
    text = table([Finding("loss", "1.5", "falling", OK), Finding("rank", "1", "above 3", BAD, "x")])
    lines = text.splitlines()
    assert lines[0].split() == ["check", "saw", "healthy", "verdict"]
    assert lines[2].split() == ["loss", "1.5", "falling", "ok"]
    assert lines[-1].strip() == "try: x"


def test_what_is_not_known_needs_something_and_long_advice_is_wrapped():
    needed = "held-out crops of two scans or more, " * 4
    lines = table([Finding("skill", "-", "above 0", UNKNOWN, needed)], width=60).splitlines()
    assert " ".join(" ".join(lines[3:]).split()) == f"needs: {needed}".strip()
    assert len(lines[3:]) > 1
    assert all(len(line) <= 60 and line.startswith("    ") for line in lines[3:])


def test_columns_stand_below_each_other():
    findings = [Finding("a", "1", "above 0", OK), Finding("effective rank", "-", "x", UNKNOWN)]
    head, rule, *rows = table(findings).splitlines()
    places = [head.index(name) for name in ("check", "saw", "healthy", "verdict")]
    assert [i for i, c in enumerate(rule) if c == "-" and rule[i - 1 : i] != "-"] == places
    for row, cells in zip(rows, (("a", "1", "above 0", OK), ("effective rank", "-", "x", UNKNOWN))):
        for place, cell in zip(places, cells):
            assert row[place:].startswith(cell)
