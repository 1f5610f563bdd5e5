"""The rows behind the desk: every one is reached, and every filter's counts add up."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.desk.query import parse, quoted
from importer.desk.table import PAGE_ROWS, RunTable
from importer.models.outcomes import REASONS, Reason
from importer.storage.summary import Summary
from tests.support.reports_run import row, source, summary_of, write_rows

CELLS = st.sampled_from(["", "ann", "Ünal", "555-1234", "call office", "+1 202 555 0143", None])
ROWS = st.lists(
    st.tuples(st.sampled_from(list(Reason)), st.sampled_from(["a.csv", "b c.csv"]), CELLS, CELLS), max_size=260
)


def table_of(folder: Path, rows: list[dict[str, Any]]) -> tuple[RunTable, Summary]:
    """A run of these rows, and the desk's view of it."""
    write_rows(folder, rows, ("Phone", "Note"))
    files = sorted({each["source"] for each in rows} | {"a.csv"})
    summary = summary_of(rows, [source(file, ("Phone", "Note"), "Phone") for file in files])
    return RunTable(folder, summary), summary


@settings(max_examples=25)
@given(drawn=ROWS)
def test_every_row_is_reached_and_every_filter_adds_up(
    drawn: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Pages hold each row once; the counts of each facet are the run's; a filter finds what its count says."""
    made = [
        row(reason, file, number, {"Phone": phone, "Note": note}, changes="first_name:case" if note else None)
        for number, (reason, file, phone, note) in enumerate(drawn, 2)
    ]
    table, summary = table_of(tmp_path_factory.mktemp("run"), made)
    every = table.matching(())
    pages = [table.page(every[first : first + PAGE_ROWS]) for first in range(0, len(every), PAGE_ROWS)]
    assert [each["position"] for page in pages for each in page] == list(range(len(made)))
    facets = table.facets(())
    assert all(sum(rows for _, rows in values) == len(made) for values in facets.values())
    assert dict(facets["reason"]) == {code: n for codes in summary.reasons.values() for code, n in codes.items()}
    for facet, values in facets.items():
        for value, rows in values:
            terms = parse(f"{facet}:{quoted(value)}")
            found = table.page(table.matching(terms))
            assert len(found) == rows
            assert {each[facet] for each in found} == {value}
            assert len(table.matching(parse(f"-{facet}:{quoted(value)}"))) == len(made) - rows
    groups = table.groups()
    assert groups["rows"].sum() == sum(REASONS[reason].is_fixable for reason, *_ in drawn)
    for reason, shape, rows in groups.select("reason", "shape", "rows").iter_rows():
        query = f"reason:{reason} shape:" + (quoted(shape) if shape else '""')
        assert len(table.matching(parse(query))) == rows
    assert dict(table.rules()) == ({"first_name:case": kept} if (kept := sum(bool(d[3]) for d in drawn)) else {})


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("haddad", [2]),
        ("HADDAD rosa", [2]),
        ("ünal", [3]),
        ("(202) 555-0143", [2, 3]),
        ("+1 202 555 0143", [2]),
        ("col:Source=Broker", [3]),
        ('col:Source=""', [2, 4]),
        ("col:Nothing=x", []),
        ("row:3-4", [3, 4]),
        ("batch:2", [4]),
        ("rule:phone:e164", [2]),
        ("rule:phone", []),
        ("source:a.csv -haddad", [3, 4]),
        ("source:Blatt", [4]),
        ("is:todo", [3]),
        ("is:done", []),
        ("a.b", []),
    ],
)
def test_a_query_finds_its_rows(tmp_path: Path, query: str, rows: list[int]) -> None:
    """Words in any cell and any case, numbers in any spelling, facts by their names; nothing is a pattern."""
    made = [
        row(Reason.CONFIRMED, "a.csv", 2, {"Name": "Rosa Haddad", "Phone": "(202) 555-0143"}, phone="+12025550143",
            changes="name:case; phone:e164"),
        row(Reason.PHONE_INVALID, "a.csv", 3, {"Name": "Aylin Ünal", "Phone": "202 555.0143", "Source": "broker"}),
        row(Reason.SKIPPED_BY_API, "a.csv", 4, {"Name": "axb"}, sheet="Blatt", batch=2),
    ]  # fmt: skip
    columns = ("Name", "Phone", "Source")
    write_rows(tmp_path, made, columns)
    table = RunTable(tmp_path, summary_of(made, [source("a.csv", columns, "Phone")]))
    assert [each["row"] for each in table.page(table.matching(parse(query)))] == rows


def test_decided_rows_are_no_longer_to_do(tmp_path: Path) -> None:
    """What people decide counts at once, however often it was asked before."""
    made = [row(Reason.PHONE_MISSING, "a.csv", number, {}) for number in (2, 3, 4)]
    write_rows(tmp_path, made, ("Phone",))
    decided: dict[str, pl.Series] = {}
    table = RunTable(tmp_path, summary_of(made, [source("a.csv", ("Phone",), "Phone")]), lambda: decided)
    assert len(table.matching(parse("is:todo"))) == 3
    decided |= {"corrected": pl.Series([0], dtype=pl.UInt32), "dropped": pl.Series([2], dtype=pl.UInt32)}
    assert table.matching(parse("is:todo")).to_list() == [1]
    assert table.matching(parse("is:dropped")).to_list() == [2]
    assert table.matching(parse("is:done")).to_list() == [0, 2]
    assert table.matching(parse("-is:corrected")).to_list() == [1, 2]
