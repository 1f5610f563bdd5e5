"""Lists of other shapes than ``tests.bench.lists`` writes, so that no list is the favourite.

Made with numpy and polars, a million rows in seconds. What each row must end as is known from how it was made, never
from the importer: the numbers match the patterns that ``phonenumbers``' metadata has for their region.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata, PhoneNumberType

REGIONS = (
    "US", "CA", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "SE", "NO", "DK", "FI", "PL", "CZ", "PT", "IE",
    "AU", "NZ", "ZA", "IN", "JP", "KR", "SG", "TR", "IL", "GR",
)  # fmt: skip
_FREE_DIGITS = 6
"""Last digits of a region's example number that are drawn: up to a million numbers a region."""
_FIRST = (  # noqa: SIM905 - a list of words reads better as text
    "Ana BEN chloe Dan Eva FINN grace Hugo Iris Jorge Kofi Lena MARIA Noor olga Piet Quinn Rosa Sven Tariq Uma Viktor "
    "Wanda Ximena Yusuf ZOE Anne-Marie Björn Çelik Đorđe José Łucja Ngọc Øyvind Siobhán Þóra"
).split()
_SYLLABLES = "an bar cas den el far gor hol in jon kar lev mar nor os pet quil ros sten tur ul vas win yal zor".split()  # noqa: SIM905
_CITIES = ("Springfield", "RIVERTON", "Portland", "lakeside", "Hill Valley", "São Paulo", "Zürich", "Kraków")
_NOTES = ("", "", "", "call after 5", "VIP", "old customer", 'says "hello"', "prefers e-mail")
Ends = Counter[str]


def like_one_kept_back(path: Path, rows: int) -> Ends:
    """Write the list that was no favourite: capital domains, 36 % repeated numbers, notes over two lines, ISO codes."""
    draw = np.random.default_rng(36)
    people = _people(draw, rows)
    again = draw.random(rows) < 0.36
    again[0] = False
    same = draw.random(rows) < 0.7
    first_of = _earlier(draw, again)
    # Most of those that come again are the same person with the same address, the others share nothing but a number.
    person = np.where(again & same, first_of, np.arange(rows))
    frame = people[person].with_columns(people[first_of].select("Phone", "Country"))
    is_tall = draw.random(rows) < 0.05
    notes = pl.when(pl.Series(is_tall)).then(pl.lit("first line\nand a second")).otherwise("Note")
    _write(path, frame.with_columns(notes.alias("Note"), pl.Series("Customer No", _numbered(rows))))
    return _imported_and_repeated(rows, int(again.sum()))


def many_short_rows(path: Path, rows: int) -> Ends:
    """Write rows of a first name and a number."""
    people = _people(np.random.default_rng(2), rows)
    _write(path, people.select("First Name", "Phone", "Country"))
    return _imported_and_repeated(rows, 0)


def forty_columns(path: Path, rows: int) -> Ends:
    """Write a contact and 32 columns of other things: figures, dates, words and empty cells."""
    draw = np.random.default_rng(40)
    words = pl.Series(["", *_SYLLABLES])
    others = {
        f"Field {place}": (
            words.gather(draw.integers(0, len(words), rows))
            if place % 2
            else pl.Series(draw.integers(0, 10**place, rows) if place < 15 else draw.random(rows).round(3)).cast(
                pl.String
            )
        )
        for place in range(1, 33)
    }
    _write(path, _people(draw, rows).with_columns(**others))
    return _imported_and_repeated(rows, 0)


def all_duplicates(path: Path, rows: int) -> Ends:
    """Write a thousand numbers again and again, under as many names as there are rows."""
    draw = np.random.default_rng(1)
    people = _people(draw, rows)
    different = min(1_000, rows)
    which = np.concatenate([np.arange(different), draw.integers(0, different, rows - different)])
    _write(path, people.with_columns(people[which].select("Phone", "Country")))
    return _imported_and_repeated(rows, rows - different)


def all_errors(path: Path, rows: int) -> Ends:
    """Write rows none of which can be imported: no number, one too short, one without its country, lost digits."""
    draw = np.random.default_rng(5)
    digits = pl.Series(draw.integers(10**6, 10**7, rows)).cast(pl.String)
    kinds: dict[str, pl.Expr | pl.Series] = {
        "phone-missing": pl.lit(""),
        "phone-invalid": "+1 202 " + digits.str.head(3),
        "phone-ambiguous": digits.str.head(3) + "-" + digits.str.tail(4),
        "phone-damaged": digits.str.head(1) + "." + digits.str.slice(1, 4) + "0E+10",
    }
    kind = pl.Series("kind", draw.integers(0, len(kinds), rows))
    cells = pl.coalesce(pl.when(kind == place).then(text) for place, text in enumerate(kinds.values()))
    _write(path, _people(draw, rows).with_columns(cells.alias("Phone"), pl.lit("").alias("Country")))
    counted = dict(kind.value_counts().iter_rows())
    return Counter({f"errored/{reason}": counted.get(place, 0) for place, reason in enumerate(kinds)})


KINDS: dict[str, Callable[[Path, int], Ends]] = {
    "kept-back": like_one_kept_back,
    "short": many_short_rows,
    "wide": forty_columns,
    "duplicates": all_duplicates,
    "errors": all_errors,
}
"""The lists by name; each writes so many rows and returns how many must end as what (``outcome/reason``)."""


def _people(draw: np.random.Generator, rows: int) -> pl.DataFrame:
    """Return contacts with numbers that are all different; every e-mail address has capitals in its domain."""
    lasts = pl.Series([(a + b + c).capitalize() for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES])
    first, last = (pl.Series(words).gather(draw.integers(0, len(words), rows)) for words in (_FIRST, lasts))
    some = pl.Series([name.lower() if draw.random() < 0.1 else name.upper() for name in lasts])
    is_odd = pl.Series(draw.random(rows) < 0.1)
    shown = pl.select(pl.when(is_odd).then(some.gather(draw.integers(0, len(some), rows))).otherwise(last)).to_series()
    letters = first.str.to_lowercase().str.replace_all("[^a-z]", "x")
    return pl.DataFrame(
        {
            "First Name": first,
            "Last Name": shown,
            "E-mail": letters + "." + last.str.to_lowercase() + _numbered(rows) + "@Example.COM",
            **_phones(draw, rows).to_dict(),
            "City": pl.Series(_CITIES).gather(draw.integers(0, len(_CITIES), rows)),
            "Customer No": _numbered(rows),
            "Note": pl.Series(_NOTES).gather(draw.integers(0, len(_NOTES), rows)),
        }
    )


def _numbered(rows: int) -> pl.Series:
    return pl.Series(np.arange(rows)).cast(pl.String).str.zfill(7)


def _phones(draw: np.random.Generator, rows: int) -> pl.DataFrame:
    """Return ``Phone`` and ``Country`` (ISO code) of so many different mobile numbers, in four spellings, shuffled."""
    each = -(-rows // len(REGIONS))
    numbers = pl.concat([_numbers(draw, region, each) for region in REGIONS])
    return numbers.select("Phone", "Country")[draw.permutation(numbers.height)[:rows]]


def _numbers(draw: np.random.Generator, region: str, count: int) -> pl.DataFrame:
    metadata: Any = PhoneMetadata.metadata_for_region(region)
    example: Any = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    digits = str(example.national_number)
    # Many times as many as are wanted: in some regions only a tenth of them is mobile.
    drawn = draw.permutation(10**_FREE_DIGITS)[: 10 * count + 1_000]
    free = pl.Series(drawn).cast(pl.String).str.zfill(_FREE_DIGITS)
    national = digits[:-_FREE_DIGITS] + free
    pattern = f"^(?:{metadata.mobile.national_number_pattern})$"
    valid = national.filter(national.str.contains(pattern)).head(count)
    if valid.len() < count:
        raise SystemExit(f"There are only {valid.len():,} numbers of {region} to draw: ask for fewer rows.")
    code, trunk = f"+{metadata.country_code}", metadata.national_prefix or ""
    head, tail = valid.str.slice(0, len(digits) - 4), valid.str.tail(4)
    national = trunk + head
    spellings = (code + valid, f"{code} " + head + " " + tail, national + "-" + tail, national + " " + tail)
    which = pl.Series(draw.integers(0, len(spellings), count))
    phone = pl.coalesce(pl.when(which == place).then(spelling) for place, spelling in enumerate(spellings))
    return pl.select(phone.alias("Phone"), pl.lit(region).alias("Country"))


def _earlier(draw: np.random.Generator, again: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, Any]:
    """Return for each row its own index, or for one that comes ``again`` that of an earlier row that does not."""
    own = np.flatnonzero(~again)
    before = np.cumsum(~again)
    drawn = own[(draw.random(again.size) * before).astype(np.int64)]
    return np.where(again, drawn, np.arange(again.size))


def _write(path: Path, frame: pl.DataFrame) -> None:
    texts = pl.selectors.string()
    frame.with_columns(pl.when(texts != "").then(texts)).write_csv(path)


def _imported_and_repeated(rows: int, repeated: int) -> Ends:
    return Counter({"imported/confirmed": rows - repeated, "skipped/duplicate-in-file": repeated})
