"""How many columns are understood, over headers in 24 languages: ``python -m tests.quality.header_mapping``.

``header_set/tuning.txt`` is what the vocabulary and the confidences were tuned on; ``header_set/held_out.txt`` was
written before that and never tuned on. A line is a table: ``language: Header=kind; Header=kind``. A kind says what the
column holds, in that language, and with that the field that a careful person would give it; a ``0`` after a kind means
that such values belong to no field here (a fax number, the address of somebody else). A further address of the person's
own (``Mail pro`` beside ``Mail perso``) is no such: it fills the rows in which the first is empty.
``header_set/products.txt`` has the columns that products export and import, with the product before the language.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import polars as pl

from importer.errors import MappingError
from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.stages.map import choose_mapping

FOLDER = Path(__file__).parents[1] / "data" / "header_set"
HALVES = ("tuning", "held_out")
PRODUCTS = "products"
FIELD_OF = {
    "first": "first_name",
    "last": "last_name",
    "full": "full_name",
    "email": "email",
    "land": "phone",
    "intl": "phone",
    "country": "country",
    "consent": "consent",
    "dnc": "consent",
}
_ROWS = 60


@dataclass(frozen=True)
class Place:
    """What people of one language write: names, cities, countries, phones (``#`` is a digit), yes and no."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[str, ...]
    countries: tuple[str, ...]
    national: tuple[str, ...]
    abroad: str
    answers: tuple[str, str]


def _place(text: str) -> Place:
    given, family, cities, countries, national, abroad, answers = (
        tuple(part.strip() for part in field.split(",")) for field in text.split("|")
    )
    return Place(given, family, cities, countries, national, abroad[0], (answers[0], answers[1]))


def _lines(name: str) -> Iterator[tuple[str, str]]:
    """The lines of a file of the set: the language, behind a product's name if it has one, and what is told of it."""
    for line in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            whose, text = line.split(":", 1)
            yield whose, text


PLACES = {language: _place(text) for language, text in _lines("places")}


@dataclass(frozen=True)
class Case:
    """One table: its language, and each header with the kind of its values."""

    language: str
    columns: dict[str, str]
    product: str = field(default="", repr=False)

    def expected(self, column: str) -> str | None:
        """The field that a careful person would give the column."""
        return FIELD_OF.get(self.columns[column])

    def table(self) -> tuple[Source, pl.DataFrame]:
        """The table with 60 rows of fictional values, the same in every run."""
        random, place = Random(str(self)), PLACES[self.language]  # noqa: S311 - values, not secrets
        people = [(random.choice(place.given), random.choice(place.family)) for _ in range(_ROWS)]
        cells = {
            f"raw:{column}": [_cell(kind, row, people[row], place, random) for row in range(_ROWS)]
            for column, kind in self.columns.items()
        }
        source = Source(Path("list.csv"), "list.csv", "0" * 64, 1, "csv", tuple(self.columns), header_row=1)
        return source, pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))


def cases(half: str) -> Iterator[Case]:
    """The tables of one half of the set."""
    for whose, columns in _lines(half):
        product, _, language = whose.rpartition("|")
        pairs = (pair.rsplit("=", 1) for pair in columns.split(";"))
        yield Case(language, {header.strip(): kind.strip() for header, kind in pairs}, product)


def _cell(  # noqa: PLR0911 - one return a kind
    kind: str, row: int, person: tuple[str, str], place: Place, random: Random
) -> str | None:
    given, family = person
    if (name := kind.rstrip("0")) in ("first", "last", "full"):
        if name != kind:
            given, family = random.choice(place.given), random.choice(place.family)
        middle = f"{random.choice(place.given)} " if random.random() < 0.5 else ""
        return {"first": given, "last": family}.get(name, f"{given} {middle}{family}")
    if random.random() < {"note": 0.7, "consent": 0.2, "dnc": 0.6, "land": 0.1}.get(kind, 0.03):
        return None
    if kind.rstrip("0") in ("land", "intl"):
        pattern = place.abroad if kind.startswith("intl") else random.choice(place.national)
        return "".join(str(random.randrange(10)) if sign == "#" else sign for sign in pattern)
    if kind.rstrip("0") == "email":
        return f"person{random.randrange(9999)}@example.com"
    if kind.rstrip("0") in ("consent", "dnc", "emailconsent", "flag"):
        return place.answers[random.random() < 0.3]
    if kind.startswith("id"):
        length = int(kind[2:] or 5)
        return f"{random.randrange(10 ** (length - 1), 10**length)}"
    if kind in ("city", "word", "word0"):
        return random.choice(place.cities)
    if kind in ("country", "country0"):
        return random.choice(place.countries)
    return {
        "date": f"20{random.randrange(10, 25)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}",
        "digits": str(row + 1),
        "amount": f"{random.randrange(10, 9000)},{random.randrange(100):02}",
        "zip": f"{random.randrange(10000, 99999)}",
        "label": random.choice(("Mobile", "Home", "Work", "Work Fax")),
        "code": random.choice(("1", "44", "49")),
        "status": random.choice(("Subscribed", "Unsubscribed", "Never subscribed")),
        "street": f"{random.choice(place.family)} {random.randrange(1, 90)}",
        "order": f"#{1000 + row}",
        "company": f"{random.choice(place.family)} & Co. {random.randrange(1, 90)}",
        "iban": f"DE{random.randrange(10**19, 10**20)}",
        "note": f"{random.choice(place.cities)}, {random.choice(place.given)}: {row}.",
    }[kind]


@dataclass(frozen=True)
class Verdict:
    """What was made of one column: the field given to it, the expected one, and whether a person would be asked."""

    case: Case
    column: str
    given: str | None
    is_asked: bool

    @property
    def is_right(self) -> bool:
        """Whether the column got the field that a careful person would give it."""
        return self.given == self.case.expected(self.column)


def verdicts(half: str) -> Iterator[Verdict]:
    """One verdict for each column of a half."""
    for case in cases(half):
        yield from _verdicts_of(case)


def _verdicts_of(case: Case) -> Iterator[Verdict]:
    source, sample = case.table()
    try:
        mapping = choose_mapping(source, sample, {})
    except MappingError:
        yield from (Verdict(case, column, None, is_asked=True) for column in case.columns)
        return
    asked = _asked(mapping)
    field_of = {column: field for field, columns in mapping.fields().items() for column in columns}
    for column in case.columns:
        yield Verdict(case, column, field_of.get(column), is_asked=column in asked)


def misread(case: Case) -> list[str]:
    """What is wrong with the mapping of a table, one sentence each: a field missed or wrongly given without asking."""
    found = list(_verdicts_of(case))
    return [
        f"{one.column}: {one.given or 'no field'}, not {case.expected(one.column) or 'no field'}"
        for one in found
        if not one.is_right and not one.is_asked
    ]


def _asked(mapping: Mapping) -> set[str]:
    """The columns that a person would be asked about."""
    return {candidate.column for decision in mapping.doubts() for candidate in decision.candidates()}


def main() -> None:
    """Print the figures of both halves and every wrong column."""
    for half in (*HALVES, PRODUCTS):
        found = list(verdicts(half))
        counts = Counter((verdict.is_right, verdict.is_asked) for verdict in found)
        print(
            f"{half}: {len(found)} columns of {len(list(cases(half)))} tables in "
            f"{len({verdict.case.language for verdict in found})} languages: "
            f"{counts[True, False]} right unasked, {counts[True, True]} right asked, "
            f"{counts[False, True]} wrong asked, {counts[False, False]} wrong unasked"
        )
        unasked = [verdict for verdict in found if not verdict.is_right and not verdict.is_asked]
        missed = Counter(verdict.case.expected(verdict.column) for verdict in unasked if verdict.given is None)
        taken = Counter(verdict.given for verdict in unasked if verdict.given is not None)
        print(f"  wrong unasked: left as metadata {dict(missed)}, taken for a field {dict(taken)}")
        for verdict in found:
            if not verdict.is_right and (half != "held_out" or "--show-held-out" in sys.argv):
                how = "asked" if verdict.is_asked else "UNASKED"
                expected = verdict.case.expected(verdict.column)
                print(f"  {verdict.case.language}  {verdict.column}: {verdict.given}, not {expected} ({how})")


if __name__ == "__main__":
    main()
