"""Duplicates: which row survives, what it takes from the others, and that neither chunks nor interruptions show."""

import csv
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.models.watching import Silence, Stop
from importer.pipeline.review.twins import twins
from importer.pipeline.review.two_people import other_people
from importer.pipeline.run import resume_import, run_import
from importer.settings.settings import Keep, load_settings
from importer.stages.deduplicate.merging import Row, merge
from importer.stages.deduplicate.persons import Name, are_two_people, is_same_person
from importer.storage.run_folder import ROWS
from tests.support.interruption import Interruption

HEADER = ("First", "Last", "Phone", "Email", "City", "Zip")
KEEPS: tuple[Keep, ...] = ("first", "last", "most-complete", "merge")
PEOPLE = (
    ("Ann", "", "+14155550101", "", "", ""),
    ("Bob", "Lee", "+14155550102", "bob@example.com", "Rome", ""),
    ("ANN", "SMITH", "(415) 555-0101", "ann@example.com", "Paris", "75"),
    ("Ann", "Smith", "+14155550101", "ann2@example.com", "Paris", "76"),
    ("Carl", "Jones", "+14155550102", "carl@example.com", "Oslo", "9"),
    ("Eve", "Moss", "+14155550103", "", "", ""),
)
ROWS_OF_ANYONE = st.lists(
    st.tuples(
        st.sampled_from(["", "Ann", "ann", "Bob"]),
        st.sampled_from(["", "Smith", "Lee"]),
        st.sampled_from(["", "12", "+14155550101", "+14155550102", "415-555-0101"]),
        st.sampled_from(["", "ann@example.com", "bob@example.com"]),
        st.sampled_from(["", "Paris"]),
        st.sampled_from(["", "75", "76"]),
    ),
    min_size=1,
    max_size=12,
)


class StopWhenSettled(Silence):
    """Wishes to stop once a batch has its answer; rows are prepared by then where they must all be known."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def settled(self, batch: int, rows: int, state: str) -> None:  # noqa: ARG002 - as in Watch
        self._stop.wish()


def write(folder: Path, people: list[tuple[str, ...]]) -> Path:
    path = folder / "list.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *people])
    return path


def imported(people: list[tuple[str, ...]], keep: Keep, stop_after: int | None = None, **flags: object) -> pl.DataFrame:
    """The rows of a dry run; or of a run into the sandbox that is stopped after some rows, and resumed."""
    with tempfile.TemporaryDirectory() as folder:
        target = {"dry_run": True} if stop_after is None else {"sandbox": True, "full_workbooks": False}
        given = {"region": "US", "keep": keep, "runs": Path(folder) / "runs"} | target | flags
        options, stop = load_settings(given), Stop()
        watch = Silence() if stop_after is None else Interruption(stop, stop_after)
        run, summary = run_import([write(Path(folder), people)], options, None, watch, stop)
        if stop:
            assert (summary.status, summary.balanced, summary.exit_code) == ("incomplete", True, 4)
            summary = resume_import(run, None, Silence(), Stop())
        assert summary.balanced
        assert summary.rows == len(people)
        assert not (run.path / "drafts").exists()
        return pl.read_parquet(run.path / ROWS)


def survivors(rows: pl.DataFrame) -> dict[str, int]:
    """The row that is sent for each number."""
    return dict(rows.filter(~pl.col("outcome").is_in(["skipped", "errored"])).select("phone", "row").iter_rows())


@pytest.mark.parametrize(
    ("keep", "ann", "bob"), [("first", 2, 3), ("last", 5, 6), ("most-complete", 4, 6), ("merge", 2, 3)]
)
def test_the_row_that_was_asked_for_survives(keep: Keep, ann: int, bob: int) -> None:
    """The others are duplicates that name it, be it before them or after."""
    rows = imported(list(PEOPLE), keep)
    assert survivors(rows) == {"+14155550101": ann, "+14155550102": bob, "+14155550103": 7}
    duplicates = rows.filter(pl.col("reason") == "duplicate-in-file")
    assert set(duplicates.select("phone", "kept_row").iter_rows()) == {("+14155550101", ann), ("+14155550102", bob)}
    assert duplicates["detail"].str.starts_with("same number as row ").all()


def test_a_merge_fills_what_is_empty_and_names_what_differs() -> None:
    """Ann gets her name, address and city from the rows after hers; Carl is another person and gives Bob nothing."""
    rows = imported(list(PEOPLE), "merge")
    columns = ["first_name", "last_name", "email", "metadata", "changes"]
    ann, bob = rows.select(columns).rows()[:2]
    assert ann[:4] == ("Ann", "Smith", "ann@example.com", '{"City":"Paris","Zip":"75"}')
    assert ann[4] == "last_name:merged; email:merged; metadata:merged"
    assert bob == ("Bob", "Lee", "bob@example.com", '{"City":"Rome"}', None)
    details = [detail.partition("; ")[2] for detail in rows["detail"].to_list()[2:5]]
    assert details == [
        "",
        "other values here: e-mail, Zip",
        "other values here: first name, last name, e-mail, City; there under another name",
    ]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS_OF_ANYONE, st.sampled_from(KEEPS), st.integers(1, 5))
def test_chunks_do_not_show_whatever_is_kept(people: list[tuple[str, ...]], keep: Keep, chunk_rows: int) -> None:
    """The same rows come out, and the survivors are those that a look at the whole list finds."""
    whole = imported(people, keep)
    assert (
        imported(people, keep, chunk_rows=chunk_rows, batch_size=2)
        .drop("batch", "offset")
        .equals(whole.drop("batch", "offset"))
    )
    numbers: dict[str, list[int]] = {}
    for row, cells in enumerate(people, 2):
        if len(cells[2]) > 2:
            numbers.setdefault(f"+1{cells[2][-12:].replace('-', '').removeprefix('+1')}", []).append(row)
    filled = {row: sum(cell != "" for cell in cells) for row, cells in enumerate(people, 2)}
    best: dict[str, Callable[[list[int]], int]] = {
        "first": min,
        "merge": min,
        "last": max,
        "most-complete": lambda rows: min(rows, key=lambda row: -filled[row]),
    }
    assert survivors(whole) == {phone: best[keep](rows) for phone, rows in numbers.items()}


def test_a_run_that_was_stopped_while_it_sent_still_balances(tmp_path: Path) -> None:
    """Its drafts are gone by then: the resumption counts the rows that were prepared."""
    given = {"region": "US", "keep": "last", "runs": tmp_path / "runs", "sandbox": True, "batch_size": 1}
    stop = Stop()
    files = [write(tmp_path, list(PEOPLE))]
    run, summary = run_import(files, load_settings(given), None, StopWhenSettled(stop), stop)
    assert summary.status == "incomplete"
    summary = resume_import(run, None, Silence(), Stop())
    assert (summary.rows, summary.balanced, summary.status) == (len(PEOPLE), True, "complete")


@pytest.mark.parametrize(("keep", "stop_after"), [("last", 1), ("merge", 4)])
def test_an_interruption_does_not_show(keep: Keep, stop_after: int) -> None:
    """A run that is stopped while it reads goes on there, and every row ends as in a run that was not stopped."""
    whole = imported(list(PEOPLE), keep).drop("outcome", "reason", "detail", "contact_id")
    stopped = imported(list(PEOPLE), keep, stop_after, chunk_rows=1)
    assert stopped.drop("outcome", "reason", "detail", "contact_id").equals(whole)
    assert stopped["reason"].value_counts().sort("reason").rows() == [("confirmed", 3), ("duplicate-in-file", 3)]


VALUES = st.sampled_from([None, "a@example.com", "b@example.com"])
NAMES = st.sampled_from([None, "Ann", "A.", "Bob"])
METADATA = st.sampled_from([None, '{"City":"Rome"}', '{"City":"Oslo","Zip":"7"}', '{"Zip":"8"}'])


@given(st.lists(st.tuples(NAMES, NAMES, VALUES, METADATA), min_size=2, max_size=5))
def test_a_merge_loses_nothing_of_the_survivor_and_hides_no_difference(cells: list[tuple[str | None, ...]]) -> None:
    """What the survivor had it keeps; a duplicate whose value is not the survivor's in the end says so."""
    rows = [Row(1, position, *values) for position, values in enumerate(cells)]
    changes = {change.position: change for change in merge(rows)}
    survivor = rows[0]
    filled = changes[0].fields if 0 in changes else (None,) * 4
    own = (survivor.first_name, survivor.last_name, survivor.email)
    assert all(before is None or after is None for before, after in zip(own, filled, strict=False))
    before, after = json.loads(survivor.metadata or "{}"), json.loads(filled[3] or survivor.metadata or "{}")
    assert before.items() <= after.items()
    email = survivor.email or filled[2]
    for row in rows[1:]:
        conflicts = changes[row.position].conflicts or "" if row.position in changes else ""
        assert (row.email is not None and email is not None and row.email != email) <= ("e-mail" in conflicts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Ann", "Smith"), ("ANN", "SMITH")),
        (("José", "García"), ("Jose", "Garcia")),
        (("Ann", "Smith"), ("Smith", "Ann")),
        (("J.", "Smith"), ("John", "Smith")),
        (("Ann", "Smith"), ("Ann Mary", "Smith-Jones")),
        (("Ann", None), (None, "Ann Smith")),
        (("Ann", "Smith"), (None, None)),
        (("Conan", "O’Brien"), ("Conan", "O'Brien")),
        (("李", "小龙"), ("小龙", "李")),
    ],
)
def test_one_person_may_be_written_in_many_ways(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None]
) -> None:
    """Case, accents, order, initials and missing parts make nobody another person."""
    assert is_same_person(one, other)
    assert is_same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Ann", "Smith"), ("Bob", "Smith")),
        (("Ann", "Smith"), ("Ann", "Lee")),
        (("J.", "Smith"), ("Mary", "Smith")),
        (("李", "小龙"), ("王", "小龙")),
        (("Bo", "Lee"), ("Bob", "Lee")),
        (("Paul", "Lee"), ("Paula", "Lee")),
        (("Dan", "Lee"), ("Daniela", "Lee")),
        (("Alex", "Lee"), ("Alexandra", "Lee")),
    ],
)
def test_another_word_is_another_person(one: tuple[str, str], other: tuple[str, str]) -> None:
    """A word of the shorter name that the longer one does not have is a difference."""
    assert not is_same_person(one, other)
    assert not is_same_person(other, one)


NOBODY_S = {
    "an initial": [("J.", "Lee", None), ("Jane", "Lee", "jane@example.com"), ("John", "Lee", "john@example.com")],
    "no name": [(None, None, None), ("Jane", "Lee", "jane@example.com"), ("Bob", "Fox", "bob@example.com")],
    "a giver without a name": [("Ann", "Lee", None), (None, None, "bob@example.com"), ("Bob", "Fox", None)],
    "half a name": [(None, "Lee", None), ("Ann", "Lee", "ann@example.com"), ("Bob", "Lee", "bob@example.com")],
    "short forms": [("Dan", "Lee", None), ("Daniela", "Lee", "daniela@example.com")],
    "father and son": [("John", "Lee", None), ("John", "Lee Jr.", "junior@example.com")],
    "a couple": [("Ann & Bob", "Lee", None), ("Bob", "Lee", "bob@example.com")],
}


@pytest.mark.parametrize("people", NOBODY_S.values(), ids=NOBODY_S)
def test_a_merge_does_not_mix_two_people(people: list[tuple[str | None, str | None, str | None]]) -> None:
    """Where a row may be either of two people's, or the survivor may, it takes nothing."""
    rows = [Row(1, place, *person, None) for place, person in enumerate(people)]
    assert [change for change in merge(rows) if change.position == 0] == []


@pytest.mark.parametrize(("a", "b"), [(("John", "Lee"), ("John", "Lee Jr.")), (("Ann & Bob", "Lee"), ("Bob", "Lee"))])
def test_namesakes_and_couples_are_a_finding(a: Name, b: Name) -> None:
    """One number under both is worth a look."""
    assert are_two_people(a, b)


@pytest.mark.parametrize(("one", "other"), [("Paul", "Paula"), ("Dan", "Daniela"), ("Jan", "Jon"), ("Ann", "Bob")])
def test_one_number_under_two_names_is_always_found(one: str, other: str) -> None:
    """However alike the first names are, the skipped row may be another person's."""
    names = {"first_name": [other], "last_name": ["Lee"], "other_first_name": [one], "other_last_name": ["Lee"]}
    assert other_people(pl.DataFrame(names)).height == 1


@pytest.mark.parametrize("others", [0, 40, 12_000])
@pytest.mark.parametrize("times", [2, 5, 9])
def test_one_person_under_many_numbers_is_found_as_under_two(times: int, others: int) -> None:
    """However often somebody comes, in a list of any length, every row but the first is a twin."""
    count = times + others
    rows = pl.DataFrame({"position": pl.int_range(count, eager=True, dtype=pl.UInt32)}).with_columns(
        pl.lit(None, pl.String).alias("reason"),
        pl.lit(None, pl.String).alias("email"),
        phone=pl.lit("+1202") + (5_550_000 + pl.col("position")).cast(pl.String),
        first_name=pl.when(pl.col("position") < times).then(pl.lit("Ute")).otherwise(pl.lit("Ann")),
        last_name=pl.when(pl.col("position") < times)
        .then(pl.lit("Abel"))
        .otherwise(
            pl.lit("Lee") + pl.col("position").cast(pl.String).str.replace_many(list("0123456789"), list("abcdefghij"))
        ),
        **{
            "raw:Born": pl.when(pl.col("position") < times)
            .then(pl.lit("1970-01-02"))
            .otherwise(pl.lit("1980-") + pl.col("position").cast(pl.String)),
            "raw:Street": pl.when(pl.col("position") < times)
            .then(pl.lit("1 Elm Street"))
            .otherwise(pl.col("position").cast(pl.String) + pl.lit(" Oak Street")),
        },
    )
    assert twins(rows.lazy(), ["raw:Born", "raw:Street"])["position"].to_list() == list(range(1, times))
