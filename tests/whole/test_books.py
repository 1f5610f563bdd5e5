"""The books balance for any file: each row has one outcome, whatever is in it and however it is cut into chunks."""

import csv
import io
import re
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from importer.errors import UsageError
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.models.watching import Silence, Stop
from importer.pipeline.run import run_import
from importer.settings.settings import load_settings
from importer.storage.run_folder import ROWS
from importer.storage.summary import Summary

CELLS = st.one_of(
    st.sampled_from(
        ["", "+14155550123", "(415) 555-0124", "415.555.0124", "1.41E+10", "14155550125.0", "n/a", "JANE O'NEIL", "+"]
    ),
    st.text(st.characters(codec="utf-8"), max_size=12),
)
GOOD = ["Jane O'Neil", "", "+14155550123"]
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12).map(lambda rows: [*rows, GOOD])
"""Anything, and one row with a number: a table without any has no phone column and is refused."""
few = settings(max_examples=5, suppress_health_check=list(HealthCheck))


def imported(data: bytes, **flags: object) -> tuple[Summary, pl.DataFrame] | str:
    """A dry run's summary and rows; the words with which the file is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(data)
        options = load_settings({"dry_run": True, "region": "US", "runs": Path(folder) / "runs"} | flags)
        try:
            run, summary = run_import([path], options, None, Silence(), Stop())
        except UsageError as refusal:
            return str(refusal)
        return summary, pl.read_parquet(run.path / ROWS)


def wrongs(summary: Summary, rows: pl.DataFrame) -> list[str]:
    """What is not so: one outcome each, the reason's own, their sum is what was read, no number is planned twice."""
    total = sum(getattr(summary, outcome.value) for outcome in Outcome)
    ends = rows.select("outcome", "reason").iter_rows()
    planned = rows.filter(pl.col("outcome") == "planned")["phone"]
    rules = {
        "the summary says that it balances": summary.balanced,
        "the outcomes add up to the rows": total == summary.rows == rows.height,
        "each reason has its outcome": all(REASONS[Reason(reason)].outcome == outcome for outcome, reason in ends),
        "each planned row has a number": planned.null_count() == 0,
        "no number is planned twice": planned.n_unique() == planned.len(),
    }
    return [rule for rule, holds in rules.items() if not holds]


@few
@given(TABLES)
@example([["\x00", '"', "+14155550123"], ["", "", ""], ["=1", "a,b\n", "+14155550123"]])
@example([["", "", ""], ["", "", "0@0"], ["Jane Poe", "", "+14155550123"]])
def test_a_table_of_anything_balances(table: list[list[str]]) -> None:
    """Rows written by a CSV writer are all read, and all accounted for."""
    text = io.StringIO()
    csv.writer(text).writerows([["Name", "Note", "Phone"], *table])
    result = imported(text.getvalue().encode())
    assert not isinstance(result, str), result
    assert wrongs(*result) == []
    assert result[0].rows == len(table)


@few
@given(st.binary(max_size=200))
@example(b'Phone\n"+14155550123\n+14155550124\n')
@example("Phone;Name\r\n;\r\n+14155550123;ü".encode("utf-16"))
def test_any_bytes_balance_or_are_refused_in_words(data: bytes) -> None:
    """No file is a crash."""
    result = imported(b"Phone,Name\n" + data)
    if isinstance(result, str):
        assert re.fullmatch("[^\\n]{20,}", result), "one line of words"
    else:
        assert wrongs(*result) == []


@few
@given(TABLES, st.integers(1, 5))
def test_chunks_do_not_show(table: list[list[str]], chunk_rows: int) -> None:
    """The same rows come out, column by column, whatever the size of a chunk."""
    text = io.StringIO()
    csv.writer(text).writerows([["Name", "Note", "Phone"], *table])
    whole = imported(text.getvalue().encode())
    cut = imported(text.getvalue().encode(), chunk_rows=chunk_rows)
    assert not isinstance(whole, str), whole
    assert not isinstance(cut, str), cut
    assert whole[1].equals(cut[1])
