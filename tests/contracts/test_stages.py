"""The small stages: metadata, suppression, duplicates, earlier runs, batches, reconciliation."""

import json

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from importer.models.frames import OUTCOME, REASON
from importer.models.number_set import NumberSet
from importer.models.outcomes import Reason
from importer.pipeline.reconcile import Reconcile
from importer.stages.batch import Batch
from importer.stages.deduplicate import Deduplicate
from importer.stages.earlier import SCHEMA, Earlier
from importer.stages.metadata import Metadata
from importer.stages.suppress import Suppress, Suppressed

PHONES = [f"+1415555010{digit}" for digit in range(10)]


def rows(phones: list[str | None], start: int = 0, sheet: str | None = None) -> pl.DataFrame:
    """Open rows of one source as the stages see them, the first in spreadsheet row ``start + 2``."""
    count = len(phones)
    return pl.DataFrame(
        {
            "position": range(start, start + count),
            "source": "list.csv",
            "sheet": sheet,
            "row": range(start + 2, start + count + 2),
            "outcome": None,
            "reason": None,
            "detail": None,
            "phone": phones,
            "contact_id": None,
        },
        schema={
            "position": pl.UInt32,
            "source": pl.String,
            "sheet": pl.String,
            "row": pl.UInt32,
            "outcome": OUTCOME,
            "reason": REASON,
            "detail": pl.String,
            "phone": pl.String,
            "contact_id": pl.String,
        },
    )


def reasons(frame: pl.DataFrame) -> list[str | None]:
    return frame["reason"].cast(pl.String).to_list()


@given(st.lists(st.dictionaries(st.sampled_from(['a "b"', "ü", "c\\"]), st.text(max_size=8)), min_size=1, max_size=5))
def test_metadata_is_the_json_of_the_filled_cells(cells: list[dict[str, str]]) -> None:
    """For any text, metadata parses to the stripped non-blank cells under their column's name, or is null."""
    columns = ['a "b"', "ü", "c\\"]
    frame = pl.DataFrame({f"meta:{c}": [row.get(c) for row in cells] for c in columns}, schema_overrides={})
    frame = frame.with_columns(pl.all().cast(pl.String))
    got = Metadata()(frame)["metadata"].to_list()
    stripped = [{c: row[c] for c in columns if c in row} for row in cells]
    stripped = [{c: pl.select(pl.lit(t).str.strip_chars()).item() for c, t in row.items()} for row in stripped]
    expected = [{c: t for c, t in row.items() if t} for row in stripped]
    assert [json.loads(text) if text else {} for text in got] == expected
    assert all(text != "{}" for text in got)


def test_without_further_columns_there_is_no_metadata() -> None:
    """The column is there and null in every row."""
    frame = Metadata()(pl.DataFrame({"phone": PHONES}))
    assert frame["metadata"].dtype == pl.String
    assert frame["metadata"].null_count() == len(PHONES)


def test_a_suppressed_number_is_skipped() -> None:
    """Only the numbers on the list are settled."""
    got = Suppress(Suppressed(NumberSet.of([PHONES[1]])))(rows([PHONES[0], PHONES[1], None]))
    assert reasons(got) == [None, "suppressed", None]


def test_the_first_row_of_a_number_survives_over_frames() -> None:
    """A duplicate names the first row's source, sheet and row, also when that row came in an earlier frame."""
    stage = Deduplicate()
    first = stage(rows([PHONES[0], PHONES[1], PHONES[0], None], sheet="A"))
    second = stage(rows([PHONES[2], PHONES[1]], start=4, sheet="B"))
    assert reasons(first) == [None, None, "duplicate-in-file", None]
    assert reasons(second) == [None, "duplicate-in-file"]
    assert second.select("kept_source", "kept_sheet", "kept_row").row(1) == ("list.csv", "A", 3)
    assert first.select("kept_source", "kept_sheet", "kept_row").row(0) == (None, None, None)


@given(st.lists(st.one_of(st.none(), st.sampled_from(PHONES)), min_size=1, max_size=30), st.integers(1, 30))
def test_duplicates_do_not_depend_on_chunks_or_on_an_interruption(phones: list[str | None], cut: int) -> None:
    """One frame, two frames, or a new process that is told the first one: the same rows survive."""
    whole = Deduplicate()(rows(phones))
    stage = Deduplicate()
    head, tail = stage(rows(phones[:cut])), stage(rows(phones[cut:], start=len(phones[:cut])))
    assert pl.concat([head, tail]).equals(whole)
    resumed = Deduplicate()
    resumed.restore(head.lazy())
    assert resumed(rows(phones[cut:], start=len(phones[:cut]))).equals(tail)


def test_what_an_earlier_run_sent_is_not_sent_again() -> None:
    """An imported number is skipped; one whose answer was lost is unconfirmed, and the detail names the run."""
    known = pl.DataFrame(
        [
            (PHONES[0], "imported", "r1"),
            (PHONES[1], "doubt", "r2"),
            (PHONES[2], "imported", "r1"),
        ],
        schema=SCHEMA,
        orient="row",
    )
    got = Earlier(lambda phones: known.filter(pl.col("phone").is_in(phones.implode())))(
        rows([PHONES[0], PHONES[1], PHONES[2], PHONES[3]])
    )
    assert reasons(got) == ["already-imported", "reply-lost", "already-imported", None]
    assert "importer verify r2" in got["detail"][1]
    assert got.columns == rows([]).columns


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 7), st.integers(0, 40))
def test_batches_are_full_but_the_last(opens: list[bool], size: int, cut: int) -> None:
    """Open rows are numbered in order whatever the frames; offsets start at 0, batches at 1."""
    frame = rows([PHONES[0]] * len(opens)).with_columns(
        reason=pl.Series([None if is_open else Reason.BLANK_ROW.value for is_open in opens], dtype=REASON)
    )
    stage = Batch(size)
    got = pl.concat([stage(frame[:cut]), stage(frame[cut:])])
    numbered = got.filter(pl.col("reason").is_null())
    place = [(b - 1) * size + o for b, o in numbered.select("batch", "offset").iter_rows()]
    assert place == list(range(sum(opens)))
    assert got.filter(pl.col("reason").is_not_null())["batch"].null_count() == len(opens) - sum(opens)
    assert sum(stage.sizes) == sum(opens)
    assert stage.full == sum(opens) // size
    resumed = Batch(size)
    resumed.restore(got.lazy())
    assert resumed.sizes == stage.sizes


def test_what_is_said_of_a_row_beats_what_holds_for_its_batch() -> None:
    """A named row takes its own verdict, its neighbours the batch's, and a batch without answer is not sent."""
    batched = Batch(2)(rows([PHONES[0], PHONES[1], PHONES[2], PHONES[3], None]))
    batches = pl.DataFrame(
        {"batch": [1], "outcome": ["imported"], "reason": ["confirmed"], "detail": [None]},
        schema_overrides={"batch": pl.UInt32},
    )
    named = pl.DataFrame(
        {
            "batch": [1],
            "offset": [1],
            "outcome": ["errored"],
            "reason": ["rejected-by-api"],
            "detail": ["no"],
            "contact_id": "c",
        },
        schema_overrides={"batch": pl.UInt32, "offset": pl.UInt32},
    )
    got = Reconcile(batches, named, (Reason.NOT_SENT, "stopped"))(batched.lazy()).collect()
    assert reasons(got) == ["confirmed", "rejected-by-api", "not-sent", "not-sent", "not-sent"]
    assert got["outcome"].cast(pl.String).to_list() == ["imported", "errored", "waiting", "waiting", "waiting"]
    assert got["contact_id"].to_list() == [None, "c", None, None, None]
    assert got["detail"].to_list() == [None, "no", "stopped", "stopped", "stopped"]
