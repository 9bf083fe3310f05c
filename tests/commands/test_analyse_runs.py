"""Commands of ``medssl analyse`` on runs hand on what was asked for."""

from types import SimpleNamespace

from medssl.cli import main


def test_arms_and_runs_keep_their_words(asked, monkeypatch, capsys):
    calls = asked("medssl.analysis.run_comparison.compare_runs", SimpleNamespace(record=dict))
    words = ["analyse", "compare", "a=2024", "b=runs/x,1", "--data", "d", "--label", "1"]
    monkeypatch.setattr("sys.argv", ["medssl", *words])
    main()
    assert (calls[0]["arms"], calls[0]["label"]) == (("a=2024", "b=runs/x,1"), "1")
