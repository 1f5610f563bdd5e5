"""The runs of a list over time, from their summaries."""

from pathlib import Path

from importer.models.outcomes import Reason
from importer.reports.history import differs, entries, rehearsal_of, remarks, series
from tests.support.summaries import put, summary_json, weeks


def test_rows_and_columns_that_changed_are_said(tmp_path: Path) -> None:
    """A list of half as many rows, and one with another header."""
    weeks(tmp_path, [50] * 5)
    put(tmp_path, summary_json("20261020-021500-000", "week45.csv", {Reason.CONFIRMED: 1400, Reason.PHONE_MISSING: 25}))
    (said,) = [remarks(found) for found in series(entries(sorted(tmp_path.iterdir()))).values()]
    assert said[0] == "week45.csv has 1,425 rows; 3,000 are usual."
    changed = summary_json("20261021-021500-000", "week46.csv", {Reason.CONFIRMED: 2950, Reason.PHONE_MISSING: 50})
    changed["sources"][0]["columns"] = ["Name", "Phone", "Quelle"]
    put(tmp_path, changed)
    (said,) = [remarks(found) for found in series(entries(sorted(tmp_path.iterdir()))).values()]
    assert "The columns of week46.csv changed; new: Quelle; gone: Lead source." in said


def test_a_dry_run_stands_beside_the_run_of_the_same_files(tmp_path: Path) -> None:
    """As planned, or what ended otherwise."""
    plan = summary_json("20261010-021500-000", "a.csv", {Reason.READY: 90, Reason.PHONE_MISSING: 10}, status="dry-run")
    same = summary_json("20261011-021500-000", "a.csv", {Reason.CONFIRMED: 90, Reason.PHONE_MISSING: 10})
    less = summary_json(
        "20261012-021500-000", "a.csv", {Reason.CONFIRMED: 88, Reason.SKIPPED_BY_API: 2, Reason.PHONE_MISSING: 10}
    )
    for summary in (plan, same, less):
        put(tmp_path, summary)
    dry, second, third = entries(sorted(tmp_path.iterdir()))
    assert rehearsal_of(second, [dry, second, third]) is dry
    assert differs(dry, second) == "plan = actual"
    assert differs(dry, third) == "88 imported of 90 planned, skipped 0 → 2"
