"""Whose data it is: the rows of all runs that have a number, and what else of the person is known from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importer.errors import UsageError
from importer.models.decisions import Place
from importer.models.frames import RAW
from importer.pipeline.forget.terms import Search, Terms
from importer.storage.decisions import Decisions
from importer.storage.run_folder import ROWS, Record, RunFolder, all_runs
from importer.storage.summary import Summary

_SHOWN = ("source", "sheet", "row", "position", "phone", "first_name", "last_name", "email", "contact_id")


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that nothing may be taken out of now, and why."""

    run_id: str
    why: str


@dataclass(slots=True)
class Person:
    """A person over all runs of a folder.

    Attributes:
        terms: what they are searched by.
        positions: by run, the positions of their rows.
        others: how many rows have their e-mail address with another number, and are left.
        unsearched: names and addresses that rows of other people have, too; nothing can be proven by them.
        left: runs that are not at their end.
    """

    terms: Terms
    positions: dict[str, list[int]] = field(default_factory=dict)
    others: int = 0
    unsearched: list[str] = field(default_factory=list)
    left: list[OpenRun] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return how many rows are theirs."""
        return sum(map(len, self.positions.values()))


def find_person(runs: Path, phone: str) -> Person:
    """Find whose data goes with a number (E.164): rows that have it in any spelling, and what corrected them.

    Rows with the person's e-mail address and no number that can be read are theirs, too; those with another number are
    counted and left.

    Raises:
        UsageError: the folder cannot be read.
    """
    person = Person(Terms(phone=phone))
    settled: list[tuple[RunFolder, Record]] = []
    for folder in all_runs(runs):
        try:
            record, summary = folder.record(), folder.summary()
        except UsageError as error:
            person.left.append(OpenRun(folder.run_id, str(error)))
            continue
        if record.purged_at is not None:
            continue
        if (why := _why_open(folder, summary)) is None:
            settled.append((folder, record))
        else:
            person.left.append(OpenRun(folder.run_id, why))
    search = Search(person.terms)
    found = {folder.run_id: _rows_with(folder, search) for folder, _ in settled}
    person.terms = _known(phone, found.values())
    _add_corrected(settled, found, person.terms)
    person.terms = _known(phone, found.values())
    for folder, _ in settled:
        more = _rows_by_email(folder, person, found[folder.run_id]["position"])
        rows = pl.concat([found[folder.run_id], more])
        if rows.height:
            person.positions[folder.run_id] = sorted(set(rows["position"].to_list()))
    _leave_out_shared(settled, person)
    return person


def _why_open(folder: RunFolder, summary: Summary | None) -> str | None:
    """Return why a run must not be touched; None if it is at its end."""
    if summary is None or summary.status == "incomplete":
        return f"it is not at its end. Run: importer resume {folder.run_id}"
    return None if (folder.path / ROWS).is_file() else f"its {ROWS} is gone. Run: importer report {folder.run_id}"


def _rows_with(folder: RunFolder, search: Search) -> pl.DataFrame:
    rows = folder.settled_rows()
    has_number = pl.col("phone") == search.terms.phone
    spelled = _cells(rows).str.contains(search.number_pattern)
    return rows.filter(has_number | spelled).select(_SHOWN).collect()


def _cells(rows: pl.LazyFrame) -> pl.Expr:
    """Return all original cells of a row as one text."""
    raw = [name for name in rows.collect_schema() if name.startswith(RAW)]
    cells = pl.concat_str([*raw, "extra_cells"], separator="\n", ignore_nulls=True)
    return cells.fill_null("")


def _known(phone: str, found: Iterable[pl.DataFrame]) -> Terms:
    """Return what the rows tell of the person."""
    told = ("email", "first_name", "last_name", "contact_id")
    empty = pl.DataFrame(schema=dict.fromkeys(told, pl.String))
    rows = pl.concat([empty, *(frame.select(told) for frame in found)])
    small = rows.with_columns(pl.col("email", "first_name", "last_name").str.to_lowercase().str.strip_chars())
    pairs = small.drop_nulls(["first_name", "last_name"]).select("first_name", "last_name").unique().sort(pl.all())
    return Terms(
        phone=phone,
        emails=tuple(small["email"].drop_nulls().unique().sort()),
        names=tuple((first, last) for first, last in pairs.iter_rows() if first and last),
        contact_ids=tuple(rows["contact_id"].drop_nulls().unique().sort()),
    )


def _add_corrected(settled: Sequence[tuple[RunFolder, Record]], found: dict[str, pl.DataFrame], terms: Terms) -> None:
    """Add the same rows of the runs that corrected them, or whose corrections they are; and rows decided to the number.

    A row has its place (source, sheet, row) through every round of corrections.
    """
    search = Search(terms)
    roots: dict[str, str] = {}
    places: dict[str, set[Place]] = {}
    for folder, record in settled:
        root = roots[folder.run_id] = roots.get(record.retry_of or "", folder.run_id)
        own = places.setdefault(root, set())
        own |= set(found[folder.run_id].select("source", "sheet", "row").iter_rows())
        for line in Decisions(folder.path).since(0):
            if line.row is not None and any(search.is_in(text) for text in (line.was, line.now) if text):
                own.add(line.row)
    for folder, _ in settled:
        wanted = places[roots[folder.run_id]]
        if not wanted:
            continue
        kinds = {"source": pl.String, "sheet": pl.String, "row": pl.UInt32}
        here = pl.LazyFrame(list(wanted), schema=kinds, orient="row")
        rows = folder.settled_rows().join(here, on=list(kinds), how="semi", nulls_equal=True).select(_SHOWN).collect()
        found[folder.run_id] = pl.concat([found[folder.run_id], rows]).unique("position")


def _rows_by_email(folder: RunFolder, person: Person, known: pl.Series) -> pl.DataFrame:
    """Return the rows with the person's address and no number; count those with another number."""
    emails = list(person.terms.emails)
    if not emails:
        return pl.DataFrame(schema=folder.settled_rows().select(_SHOWN).collect_schema())
    rows = folder.settled_rows()
    text = pl.concat_str([_cells(rows), pl.col("email").fill_null("")], separator="\n").str.to_lowercase()
    has_email = pl.any_horizontal([text.str.contains(email, literal=True) for email in emails])
    theirs = rows.filter(has_email & ~pl.col("position").is_in(known.implode())).select(_SHOWN).collect()
    person.others += theirs["phone"].count()
    return theirs.filter(pl.col("phone").is_null())


def _leave_out_shared(settled: Sequence[tuple[RunFolder, Record]], person: Person) -> None:
    """Take names and addresses that others have, too, out of what is searched for: they stay in other people's rows."""
    shared: set[str] = set()
    for folder, _ in settled:
        mine = pl.Series(person.positions.get(folder.run_id, []), dtype=pl.UInt32)
        others = folder.settled_rows().filter(~pl.col("position").is_in(mine.implode()))
        text = pl.concat_str(
            [_cells(others), *(pl.col(name).fill_null("") for name in ("first_name", "last_name", "email"))],
            separator="\n",
        ).str.to_lowercase()
        each = {email: text.str.contains(email, literal=True) for email in person.terms.emails}
        each |= {
            f"{first} {last}": text.str.contains(first, literal=True) & text.str.contains(last, literal=True)
            for first, last in person.terms.names
        }
        if each:
            seen = others.select(expression.any().alias(name) for name, expression in each.items()).collect()
            shared |= {name for name in each if seen[name][0]}
    person.unsearched = sorted(shared)
    person.terms = person.terms.model_copy(
        update={
            "emails": tuple(email for email in person.terms.emails if email not in shared),
            "names": tuple(pair for pair in person.terms.names if " ".join(pair) not in shared),
        }
    )
