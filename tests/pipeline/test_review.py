"""What a person should look at: one number under two names, one person under two numbers; listed, never merged."""

import csv
import re
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pydantic import SecretStr

from importer.errors import ImporterError, StoppedError
from importer.models.watching import Silence, Stop
from importer.pipeline import memory
from importer.pipeline.books import write_books
from importer.pipeline.review import review as reviewing
from importer.pipeline.review.addresses import is_nearly_same_address, keyed
from importer.pipeline.review.agreement import Level, compared
from importer.pipeline.review.blocks import PAIRS, pairs
from importer.pipeline.review.candidates import MOST_ROWS
from importer.pipeline.review.twins import twins
from importer.pipeline.review.two_people import other_people
from importer.pipeline.run import resume_import, run_import
from importer.reports import recount
from importer.settings.settings import Keep, load_settings
from importer.stages.deduplicate.persons import Likeness, are_two_people, likeness
from importer.stages.typos import is_one_typo_apart
from importer.storage.run_folder import ROWS, RunFolder
from importer.storage.summary import Summary
from tests.conftest import Sandbox
from tests.quality.twin_lists import ADDRESS, CORPUS, SPARSE, febrl, numbered, sparse
from tests.quality.twins import found, right
from tests.support.interruption import Interruption

HEADER = ("First", "Last", "Phone", "Email", "City", "Zip", "Born")
ANN = ("Ann", "Smith", "+14155550101", "ann.smith@example.com", "Rome", "10100", "1980-01-02")
BOB = ("Bob", "Lee", "+14155550101", "bob@example.com", "Paris", "75001", "")
PEOPLE = (
    ANN,
    BOB,
    ("ANN", "SMITH", "+14155550101", "", "", "", ""),
    ("", "", "+14155550101", "", "", "", ""),
    ("A.", "Smith", "+14155550102", "Ann.Smith+news@example.com", "", "", ""),
    ("Ann", "Smith", "+14155550103", "ann.smith@example.org", "Oslo", "", ""),
    ("Carl", "Jones", "+14155550104", "", "Bern", "3000", "1970-05-05"),
    ("Cral", "Jones", "+14155550105", "", "Bern", "3000", "1970-05-05"),
    ("Eve", "Jones", "+14155550106", "", "Bern", "3000", ""),
    ("Eve", "Moss", "+14155550107", "", "Bonn", "", ""),
    ("Eve", "Moss", "+14155550191", "", "Lyon", "", ""),
)
TWO_PEOPLE, TWO_NUMBERS = "one-number-two-people", "one-person-two-numbers"


def write(path: Path, rows: tuple[tuple[str, ...], ...]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def run(files: list[Path], runs: Path, stop: Stop | None = None, **flags: object) -> tuple[RunFolder, Summary]:
    """A dry run, or whatever the flags say."""
    options = load_settings({"dry_run": True, "runs": runs} | flags)
    if stop is None:
        return run_import(files, options, None, Silence(), Stop())
    return run_import(files, options, None, Interruption(stop, 1), stop)


def listed(folder: RunFolder) -> list[tuple[object, ...]]:
    """Finding, row, other row and why, of every pair."""
    columns = ["finding", "row", "other_row", "why"]
    return pl.read_parquet(folder.path / "review.parquet").select(columns).rows()


def test_a_number_of_two_people_is_flagged(tmp_path: Path) -> None:
    """The row is skipped as ever, but says that the number has another name there; a missing name is no other name."""
    folder, summary = run([write(tmp_path / "list.csv", (*PEOPLE[:4], *PEOPLE[9:10]))], tmp_path / "runs")
    rows = pl.read_parquet(folder.path / ROWS)
    assert rows["reason"].to_list() == ["ready", *["duplicate-in-file"] * 3, "ready"]
    same = "same number as row 2 of list.csv"
    assert rows["detail"].to_list()[1:4] == [f"{same}; there under another name", same, same]
    assert listed(folder) == [(TWO_PEOPLE, 3, 2, "same number; another name")]
    assert summary.review == {TWO_PEOPLE: 1}


@pytest.mark.parametrize("keep", ["first", "last", "most-complete", "merge"])
def test_two_people_are_found_over_files_whoever_is_kept(tmp_path: Path, keep: Keep) -> None:
    """The list names both rows with their files, and the row that is skipped is the one that is flagged."""
    files = [write(tmp_path / "a.csv", (ANN,)), write(tmp_path / "b.csv", (BOB,))]
    folder, _ = run(files, tmp_path / "runs", keep=keep)
    (pair,) = pl.read_parquet(folder.path / "review.parquet").to_dicts()
    assert {pair["source"], pair["other_source"]} == {"a.csv", "b.csv"}
    assert {pair["first_name"], pair["other_first_name"]} == {"Ann", "Bob"}
    rows = pl.read_parquet(folder.path / ROWS)
    kept = rows.filter(pl.col("outcome") == "planned")["source"].item()
    assert (pair["other_source"], pair["other_row"]) == (kept, 2)
    (detail,) = rows.filter(pl.col("source") == pair["source"])["detail"]
    assert "there under another name" in detail


def test_an_earlier_run_imported_the_number_for_somebody_else(tmp_path: Path, sandbox: Sandbox) -> None:
    """The name is looked up in that run's rows; where they are gone nothing is said of names."""
    flags = {"dry_run": False, "base_url": sandbox.url, "runs": tmp_path / "runs"}

    def imported(person: tuple[str, ...]) -> RunFolder:
        options = load_settings(flags)
        folder, summary = run_import(
            [write(tmp_path / "list.csv", (person,))], options, SecretStr(sandbox.key), Silence(), Stop()
        )
        assert summary.balanced
        return folder

    first, second = imported(ANN), imported(BOB)
    (pair,) = pl.read_parquet(second.path / "review.parquet").to_dicts()
    assert (pair["other_run"], pair["other_source"], pair["other_row"]) == (first.run_id, "list.csv", 2)
    assert (pair["first_name"], pair["other_first_name"]) == ("Bob", "Ann")
    (detail,) = pl.read_parquet(second.path / ROWS)["detail"]
    assert detail == f"imported by run {first.run_id}; there under another name"
    assert listed(imported(ANN)) == []
    (first.path / ROWS).unlink()
    assert listed(imported(BOB)) == []


def test_twins_are_listed_and_nothing_is_merged(tmp_path: Path) -> None:
    """One mailbox, a provider mistaken, a name mistyped at one address; not a family, nor a name alone."""
    more = tuple(("X" + "abcdefghijklmnopqrstuvwxyz"[i % 26] * 3, "Y" + "qwertzuiop"[i % 10] * 4,
                  f"+1415555{2000 + i}", "", f"Town {i}", f"{50000 + i}", f"19{i % 90 + 10}-07-{i % 28 + 1:02}")
                 for i in range(100))  # fmt: skip
    folder, summary = run([write(tmp_path / "list.csv", PEOPLE + more)], tmp_path / "runs")
    assert summary.planned == 8 + 100
    twins = [pair for pair in listed(folder) if pair[0] == TWO_NUMBERS]
    assert twins == [
        (TWO_NUMBERS, 6, 2, "same name; same e-mail; nearly the same number"),
        (TWO_NUMBERS, 7, 2, "same name; nearly the same e-mail; nearly the same number"),
        (TWO_NUMBERS, 9, 8, "nearly the same name; nearly the same number; same Born, City, Zip"),
    ]


def test_a_mistyped_address_is_listed_with_the_likelier_one(tmp_path: Path) -> None:
    """The contact keeps the address that the list has; the row is marked, and the list says what may be meant."""
    eve = ("Eve", "Moss", "+14155550101", "eve@gmial.com", "", "", "")
    folder, summary = run([write(tmp_path / "list.csv", (eve,))], tmp_path / "runs")
    assert summary.review == {"email-perhaps-mistyped": 1}
    assert listed(folder) == [("email-perhaps-mistyped", 2, None, "perhaps eve@gmail.com")]
    rows = pl.read_parquet(folder.path / ROWS).select("email", "changes")
    assert rows.row(0) == ("eve@gmial.com", "email:typo-suspected")
    assert "perhaps eve@gmail.com" in (folder.path / "report.html").read_text()


def test_what_too_many_share_is_no_sign(tmp_path: Path) -> None:
    """A mailbox of a whole company makes nobody a twin, even where the names are alike."""
    for count, expected in ((MOST_ROWS, MOST_ROWS - 1), (MOST_ROWS + 1, 0)):
        rows = tuple(("Ann", "Smith", f"+1415555{1000 + n}", "a@example.com", "", "", "") for n in range(count))
        _, summary = run([write(tmp_path / "list.csv", rows)], tmp_path / "runs")
        assert summary.review.get(TWO_NUMBERS, 0) == expected


def test_the_list_is_bounded_and_the_count_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the list ends every row still says so itself, and the page tells how many there are."""
    monkeypatch.setattr(reviewing, "MOST_LISTED", 2)
    rows = (ANN, *(("Bob", name, "+14155550101", "", "", "", "") for name in ("Lee", "Ray", "Fox")))
    folder, summary = run([write(tmp_path / "list.csv", rows)], tmp_path / "runs", map={"phone": "Phone"})
    assert summary.review == {TWO_PEOPLE: 3}
    assert [row for _, row, _, _ in listed(folder)] == [3, 4]
    assert pl.read_parquet(folder.path / ROWS)["detail"].str.contains("another name").sum() == 3
    assert "One number, two people: 3 rows" in (folder.path / "report.html").read_text()


def test_the_reports_show_the_pairs(tmp_path: Path) -> None:
    """``review.csv``, a sheet and a section of the page; no cell of a list is markup or a formula there."""
    evil = ("<b>Max</b>", "=cmd", "+14155550101", "", "", "", "")
    folder, summary = run([write(tmp_path / "list.csv", (ANN, evil))], tmp_path / "runs")
    assert "review.csv" in summary.files
    assert "'=cmd" in (folder.path / "review.csv").read_text()
    page = (folder.path / "report.html").read_text()
    assert "&lt;b&gt;Max&lt;/b&gt;" in page
    assert "<b>Max" not in page
    sheet = load_workbook(folder.path / "report.xlsx")["Review"]
    header, pair = sheet.iter_rows(values_only=True)
    assert dict(zip(header, pair, strict=True))["last_name"] == "=cmd"
    written = (folder.path / "review.csv").read_bytes()
    assert write_books(folder).review == summary.review
    assert (folder.path / "review.csv").read_bytes() == written
    (folder.path / "review.csv").write_bytes(written[: written.rindex(b"\n", 0, -1) + 1])
    with pytest.raises(ImporterError, match=r"review\.csv does not add up"):
        recount(folder.path)


def test_a_run_without_pairs_has_no_file(tmp_path: Path) -> None:
    """Nothing to look at is nothing to read."""
    folder, summary = run([write(tmp_path / "list.csv", (ANN,))], tmp_path / "runs")
    assert summary.review == {}
    assert not (folder.path / "review.csv").exists()
    assert "Worth a look" not in (folder.path / "report.html").read_text()


def test_an_interruption_does_not_show(tmp_path: Path) -> None:
    """A run that stopped while it read lists nothing yet; when it is resumed it lists what a whole run lists."""
    file = write(tmp_path / "list.csv", PEOPLE)
    whole, _ = run([file], tmp_path / "runs", keep="last")
    stop = Stop()
    folder, summary = run([file], tmp_path / "runs", stop, dry_run=False, sandbox=True, chunk_rows=1, keep="last")
    assert summary.status == "incomplete"
    assert summary.review == {}
    resumed = resume_import(folder, None, Silence(), Stop())
    assert resumed.balanced
    assert listed(folder) == listed(whole)


def test_the_rows_know_who_shares_a_number_before_all_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are settled and written meanwhile; the review's end is waited for."""
    folder, summary = run([write(tmp_path / "list.csv", PEOPLE)], tmp_path / "runs")
    may_go_on = threading.Event()

    def late(*arguments: Any) -> pl.DataFrame:
        may_go_on.wait()
        return twins(*arguments)

    monkeypatch.setattr(reviewing, "twins", late)
    with closing(reviewing.Review(folder, folder.record())) as found:
        rows = found.flagged(folder.rows()).collect()
        assert rows["detail"].str.contains("another name").sum() == summary.review[TWO_PEOPLE] == 1
        may_go_on.set()
        assert found.counts == summary.review
        assert found.seconds > 0


@pytest.mark.parametrize("is_enough", [True, False])
def test_findings_that_cannot_be_written_end_the_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_enough: bool
) -> None:
    """Beside the rest as well as before it, where memory is short; all is written once there is room."""
    monkeypatch.setattr(memory, "is_enough_for_all", lambda *_: is_enough)
    folder, summary = run([write(tmp_path / "list.csv", PEOPLE)], tmp_path / "runs")
    (folder.path / "review.parquet").unlink()
    (folder.path / "review.parquet").mkdir()
    with pytest.raises(StoppedError, match=r"review\.parquet cannot be written"):
        write_books(folder)
    (folder.path / "review.parquet").rmdir()
    assert write_books(folder).review == summary.review


ANYONE = st.tuples(
    st.sampled_from(["", "Ann", "Anne", "Bob", "Eve"]),
    st.sampled_from(["", "Smith", "Smiht", "Lee"]),
    st.sampled_from(["+14155550101", "+14155550102", "+14155550103", "+14155550104", "12"]),
    st.sampled_from(["", "ann@example.com", "anne@example.com", "ann.smith@example.com", "ann.smith@example.org"]),
    st.sampled_from(["", "Rome"]),
    st.sampled_from(["", "10100", "10200"]),
    st.sampled_from(["", "1980-01-02", "1980-02-01"]),
)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ANYONE, min_size=1, max_size=12), st.integers(1, 5), st.sampled_from(["first", "merge"]))
def test_chunks_do_not_show(tmp_path: Path, rows: list[tuple[str, ...]], chunk_rows: int, keep: Keep) -> None:
    """The same pairs, whatever the size of the parts."""
    file = write(tmp_path / "list.csv", tuple(rows))
    whole, _ = run([file], tmp_path / "runs", keep=keep)
    parts, _ = run([file], tmp_path / "runs", keep=keep, chunk_rows=chunk_rows)
    assert listed(parts) == listed(whole)
    review = pl.read_parquet(whole.path / "review.parquet").filter(pl.col("finding") == TWO_NUMBERS)
    assert (review["phone"] != review["other_phone"]).all()
    assert review["row"].is_unique().all()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("Ann", "Smith"), ("ANN", "SMITH"), Likeness.SAME),
        (("Ann", "Smith"), ("Smith", "Ann"), Likeness.SAME),
        (("J.", "Smith"), ("John", "Smith"), Likeness.SAME),
        (("José", "García"), ("Jose", "Garcia"), Likeness.SAME),
        (("Carl", "Jones"), ("Cral", "Jones"), Likeness.NEAR),
        (("Carl", "Jones"), ("Car", "lJones"), Likeness.NEAR),
        (("Ann", None), ("Ann", "Smith"), Likeness.PART),
        (("Ann", "Smith"), ("Ann", "Lee"), Likeness.HALF),
        (("Ann", "Smith"), ("Bob", "Smith"), Likeness.OTHER),
        ((None, None), ("Ann", "Smith"), Likeness.OTHER),
        ((None, None), (None, None), Likeness.OTHER),
    ],
)
def test_names_are_alike_in_degrees(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], expected: Likeness
) -> None:
    """The same whichever comes first."""
    assert (likeness(one, other), likeness(other, one)) == (expected, expected)


LETTERS = st.text(alphabet="abc", max_size=5)


@given(LETTERS, LETTERS)
@example("abcd", "acbd")
@example("abcd", "abdc")
def test_one_typo_is_one_edit(a: str, b: str) -> None:
    """A letter put in, taken out or replaced, or two neighbours exchanged: as when all such words are written down."""
    edits = {a}
    for place in range(len(a) + 1):
        edits |= {a[:place] + letter + a[place:] for letter in "abcd"}
        edits |= {a[:place] + letter + a[place + 1 :] for letter in ("", *"abcd") if place < len(a)}
        edits |= {a[:place] + a[place + 1 : place + 2] + a[place : place + 1] + a[place + 2 :]}
    assert is_one_typo_apart(a, b) == (b in edits)


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("ann.smith@gmail.com", "ann.smith@yahoo.com", True),
        ("ann.smith@gmail.com", "ann.smiht@gmail.com", True),
        ("ann.smith@gmail.com", "ann.smth@gmail.com", True),
        ("ann.smith1@gmail.com", "ann.smith2@gmail.com", False),
        ("ann.smith@gmail.com", "ann.smyht@gmail.com", False),
        ("info@example.com", "info@example.org", False),
        ("ann@example.com", "ann@example.org", False),
        ("ann.smith@gmail.com", "ann.smiht@yahoo.com", False),
    ],
)
def test_addresses_are_nearly_the_same(one: str, other: str, *, is_near: bool) -> None:
    """A typo or another provider; not another number, nor a mailbox that every company has."""
    assert (share_a_key(one, other) and is_nearly_same_address(one, other)) == is_near


def share_a_key(a: str, b: str) -> bool:
    first, second = keyed(pl.LazyFrame({"position": [0, 1], "email": [a, b]})).collect().rows()
    return any(x == y for x, y in zip(first[2:], second[2:], strict=True))


LOCALS = st.text(alphabet="ab.1", min_size=4, max_size=8).filter(lambda text: "." not in (text[0], text[-1]))


@given(LOCALS, LOCALS, *[st.sampled_from(["x.com", "y.com", "gmail.com"])] * 2)
def test_near_addresses_share_a_key(one: str, other: str, here: str, there: str) -> None:
    """No pair that is near is overlooked because no block holds both; none with other numbers shares one."""
    a, b = f"{one}@{here}", f"{other}@{there}"
    has_same_numbers = re.split(r"\D+", a) == re.split(r"\D+", b)
    if is_nearly_same_address(a, b):
        assert share_a_key(a, b) == has_same_numbers
    assert has_same_numbers or not share_a_key(a, b)


@given(st.lists(st.sampled_from([None, 1, 2, 3, 4]), max_size=20), st.integers(2, 6))
def test_pairs_are_those_of_blocks_that_are_not_too_large(keys: list[int | None], most: int) -> None:
    """Every two rows of a key, unless more rows than that have it."""
    frame = pl.DataFrame({"position": range(len(keys)), "key": keys}, schema={"position": pl.UInt32, "key": pl.UInt64})
    expected = {
        (b, a)
        for b in range(len(keys))
        for a in range(b)
        if keys[a] is not None and keys[a] == keys[b] and keys.count(keys[a]) <= most
    }
    assert sorted(pairs(frame, most).rows()) == sorted(expected)


@given(
    st.lists(st.tuples(st.integers(0, 4) | st.none(), st.integers(0, 2) | st.none()), min_size=2, max_size=12),
    st.sampled_from([1, 8]),
)
def test_how_common_a_value_is_is_counted_in_people(rows: list[tuple[int | None, int | None]], least: int) -> None:
    """Of the people who have any value, the others who have this one; one at least, whom the list does not show."""
    both = [(position, other) for position in range(len(rows)) for other in range(position)]
    keys, names = (pl.Series(cells, dtype=pl.UInt64) for cells in zip(*rows, strict=True))
    pairs_of_all = pl.DataFrame(both, schema=PAIRS, orient="row")
    people = max(least, sum(key is not None for key, _ in rows), 1)

    def counted(key: int | None) -> tuple[int, float]:
        having = [name for own, name in rows if own is not None and own == key]
        return len(having), min(max(len(set(having)) - 1, 1) / people, 0.9) if having else 0.0

    expected = []
    for ours, theirs in ((rows[position][0], rows[other][0]) for position, other in both):
        level = Level.UNKNOWN if None in {ours, theirs} else Level.SAME if ours == theirs else Level.DIFFERS
        share = max(counted(ours)[1], counted(theirs)[1]) or 1.0
        expected.append((level.value, share, counted(ours)[0]))
    assert compared(pairs_of_all, keys, names, least).rows() == expected


def test_no_rows_have_no_twins() -> None:
    """An empty list is looked through like any other."""
    text = dict.fromkeys(("reason", "phone", "first_name", "last_name", "email", "raw:City"), pl.String)
    assert twins(pl.LazyFrame(schema={"position": pl.UInt32, **text}), ["raw:City"]).is_empty()


@pytest.mark.corpora
def test_damaged_duplicates_are_found_and_nothing_else() -> None:
    """Of 500 people's duplicates, one in seven under another first name, hardly any is overlooked."""
    people = febrl(CORPUS)
    listed = found(people, ("date_of_birth", *ADDRESS))
    assert right(people, listed) == listed.height
    assert listed.height >= 490


@pytest.mark.corpora
def test_sparse_duplicates_are_found_among_families() -> None:
    """Half the cells are empty, one in six mistyped, and one person in eight shares a home, perhaps a mailbox."""
    people = sparse(0.15, 4_000, 200)
    listed = found(people, SPARSE)
    assert right(people, listed) >= 0.9 * listed.height
    assert right(people, listed) >= 0.7 * 200


@pytest.mark.corpora
def test_a_number_that_is_mistyped_is_found_by_the_name() -> None:
    """Nothing but names and numbers."""
    people = numbered(2_000, 100)
    listed = found(people, ())
    assert right(people, listed) == listed.height >= 90


def letters(number: int) -> str:
    """A word of its own for each number, of which no two are a typo apart."""
    return "".join("bdfgklmnprstvwxz"[number >> shift & 15] * 2 for shift in (8, 4, 0))


def listed_of(
    people: list[tuple[str | None, str, str | None]], step: int, columns: dict[str, list[str]] | None = None
) -> list[int]:
    """The rows that are listed, of first and last names, mailboxes and columns; the numbers are so far apart."""
    rows = pl.DataFrame(
        people, schema=dict.fromkeys(("first_name", "last_name", "email"), pl.String), orient="row"
    ).with_columns(
        position=pl.int_range(pl.len(), dtype=pl.UInt32),
        reason=pl.lit(None, pl.String),
        phone=pl.lit("+1") + (pl.int_range(pl.len()) * step + 2_025_550_100).cast(pl.String),
        **{f"raw:{name}": pl.Series(cells) for name, cells in (columns or {}).items()},
    )
    return twins(rows.lazy(), [f"raw:{name}" for name in columns or {}])["position"].to_list()


@pytest.mark.parametrize(("is_couple", "expected"), [(False, True), (True, False)])
def test_a_mailbox_is_as_good_a_sign_as_the_list_teaches(*, is_couple: bool, expected: bool) -> None:
    """With a last name it is one person's where a hundred others come twice with theirs, not where couples do."""
    others = [
        (("Ann" if is_couple and again else "Bob") + letters(n), f"Lee{letters(n + 500)}", f"{letters(n)}@example.com")
        for n in range(100)
        for again in range(2)
    ]
    listed = listed_of([*others, ("Eve", "Moss", "eve@example.com"), (None, "Moss", "eve@example.com")], 7_919_317)
    assert (201 in listed) == expected
    assert listed[:100] == ([] if is_couple else list(range(1, 200, 2)))


@pytest.mark.parametrize(("step", "expected"), [(7_919, [399]), (1, [])])
def test_values_that_are_near_by_chance_are_no_sign(step: int, expected: list[int]) -> None:
    """Two namesakes' customer numbers are a digit apart: a typo, unless the numbers run on."""
    people: list[tuple[str | None, str, str | None]] = [
        ("Bob" + letters(n), f"Fox{letters(n + 1_000)}", None) for n in range(400)
    ]
    people[0] = people[399] = ("Ann", "Lee", None)
    numbers = [f"{10_000_000 + n * step}" for n in range(400)]
    numbers[399] = str(int(numbers[0]) + 3)
    assert listed_of(people, 7_919_317, {"Customer": numbers}) == expected


@pytest.mark.parametrize(("step", "expected"), [(7_919_317, []), (1_000, [1]), (1, [])])
def test_a_number_is_mistyped_where_numbers_are_rare(step: int, expected: list[int]) -> None:
    """One name under two numbers a digit apart is one person's; not in a company whose numbers are all near."""
    others = [(f"Bob{letters(n)}", f"Fox{letters(n + 500)}", None) for n in range(98)]
    assert listed_of([("Ann", "Lee", None), ("Ann", "Lee", None), *others], step) == expected


NAMES = st.none() | st.sampled_from(
    [
        "Ann",
        "ann",
        "J.",
        "Jane Lee",
        "Lee",
        "Lee Jr.",
        "Lee III",
        "Ann & Bob",
        "José",
        "José",
        "O'Brien",
        "OBrien",
        "Łucja",
        "Şule",
        "Straße",
        "ſam",
        "Đorđe",
        "Anne-Marie",
        "Marie Anne",
        "Åsa",
        "Κώστας",
        "李",
        "x",
        "ŉ",
        "İpek",
        "ıpek",
        "\xadAnn",
        "2Ann",
        "KK",
        "",
    ]
)


@settings(max_examples=40)
@given(st.lists(st.tuples(NAMES, NAMES, NAMES, NAMES), min_size=1, max_size=40))
def test_two_people_are_told_by_columns_as_by_one_pair_at_a_time(people: list[tuple[str | None, ...]]) -> None:
    """What needs no second look is decided for all pairs together, and the same."""
    names = ["first_name", "last_name", "other_first_name", "other_last_name"]
    pairs = pl.DataFrame(people, schema=dict.fromkeys(names, pl.String), orient="row").with_row_index("position")
    found = set(other_people(pairs)["position"])
    for place, (first, last, other_first, other_last) in enumerate(people):
        differ = [
            None not in {a, b} and str(a).lower() != str(b).lower()
            for a, b in ((first, other_first), (last, other_last))
        ]
        assert (place in found) == (any(differ) and are_two_people((first, last), (other_first, other_last)))
