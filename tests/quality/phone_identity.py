"""Is the columnar reading of numbers that of ``phonenumbers``: ``python -m tests.quality.phone_identity N``.

Spellings from every region and type, with a region or none: valid, mutated, cut and lengthened, as national,
international and RFC 3966 text, behind every prefix and carrier code, with extensions, punctuation, letters and digits
of other scripts; before them every example of the corpora in every spelling. Each is read in columns and by
``phonenumbers``; number, fault, calling code and extension must be the same. Digits of other scripts become ASCII ones
before columns read them, as ``phone:unicode`` promises: where letters count as digits (``1800FLOWERS``),
``phonenumbers`` would pass them over, so there it is given ASCII ones, too.

With ``--paths`` the whole stage reads the spellings instead, by the automaton and by ``phonenumbers`` alone
(``IMPORTER_PHONES=plain``): every column must be the same, with the doubts of a careful person.
"""

import argparse
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np
import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat
from phonenumbers.phonemetadata import PhoneMetadata

from importer.models.frames import OUTCOME, REASON
from importer.settings.phones_path import PHONES_VARIABLE
from importer.stages.phones import Phones, ways
from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones.automaton import NOWHERE, REGIONS
from importer.stages.phones.candidates import Candidates
from importer.stages.phones.column_reader import Reader
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT
from importer.stages.phones.meant import Meant
from importer.stages.phones.shapes import WayTable
from importer.stages.phones.spellings import Spellings
from importer.stages.phones.ways import Way

EXAMPLES = Path(__file__).parents[2].parent / "shared" / "corpora" / "phones" / "examples.jsonl"

Spelling = tuple[str, str | None]
Answer = tuple[str | None, str | None, str | None, str | None]

_SHARD = 25_000
"""Spellings that are made and read at once."""

_DIGITS = "0123456789"
_SCRIPTS = [
    str.maketrans(_DIGITS, digits) for digits in ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९")
]
_LABELS = (
    " ext. ",
    " x",
    "x",
    ";ext=",
    "#",
    " #",
    ",,",
    ", ",
    " extension ",
    " extn",
    "~",
    " int ",
    " доб ",
    " anexo ",
)
_LABELS_WIDE = ("ｅｘｔ", "ｘ", "＃", "～", " extensión ", ",,,", ";", " - ")
_TAILS = (".0", " (home)", "-", " / 2", "A", "\u00a0", "..", "+1", "/x12", "#", " or", "_", ";isub=1", "*", "٪")
_HEADS = ("tel:", "Tel. ", "(", "++", "＋", "(+", " ", "\u200b", "*", "~", "a", "=", "'", "00", "+ ")
_PUNCTUATION = (
    " ",
    "-",
    ".",
    "/",
    "\u00a0",
    "\u2011",
    "－",
    "　",
    "~",
    "x",
    "*",
    "·",
    "(",
    ")",
    "]",
    "\u00ad",
    "\u2060",
)
_CONTEXTS = (";phone-context=+1", ";phone-context=example.com", ";phone-context=+44-20", ";phone-context=")
_FORMATS = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
)


def main() -> None:
    """Compare shard by shard on all cores, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spellings", type=int, help="how many to make and compare, besides those of the corpora")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other spellings (default 1)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at once (default: one a core)")
    parser.add_argument("--paths", action="store_true", help="compare the stage's two paths with each other")
    options = parser.parse_args()
    start = perf_counter()
    compared = _compared_paths if options.paths else _compared
    read_by: Counter[str] = Counter()
    differing: list[object] = []
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        done = 0
        for size, some_read_by, some in pool.map(
            compared, *zip(*_shards(options.spellings, options.seed), strict=True)
        ):
            done, read_by, differing = done + size, read_by + some_read_by, differing + some
            seconds = perf_counter() - start
            print(f"\r{done:,} spellings, {len(differing)} differences, {seconds:.0f} s ", end="", file=sys.stderr)
    print(file=sys.stderr)
    for difference in differing[:50]:
        print(difference)
    shares = ", ".join(f"{how} {count / done:.2%}" for how, count in read_by.most_common())
    told = f"; read by {shares}" if shares else ""
    print(f"{done:,} spellings, {len(differing)} differences, {perf_counter() - start:.0f} s{told}")
    raise SystemExit(len(differing) > 0)


def _shards(count: int, seed: int) -> Iterator[tuple[int, str]]:
    """The size of each shard and what it is made of: a seed, or the place of its first example in the corpora."""
    if EXAMPLES.exists():
        yield from ((_SHARD, f"example {first}") for first in range(0, len(spelled_examples()), _SHARD))
    yield from ((min(_SHARD, count - done), f"{seed}/{done}") for done in range(0, count, _SHARD))


@cache
def _reader() -> Reader:
    return Reader(is_careful=False)


def _compared(size: int, made_of: str) -> tuple[int, Counter[str], list[object]]:
    """Compare one shard."""
    spellings = _shard(size, made_of)
    found, read_by = read(spellings, _reader())
    return len(spellings), read_by, list(_differing(spellings, found))


def _compared_paths(size: int, made_of: str) -> tuple[int, Counter[str], list[object]]:
    """Compare the two paths of the stage on one shard."""
    spellings = _shard(size, made_of)
    return len(spellings), Counter(), list(differing_paths(spellings))


def _shard(size: int, made_of: str) -> list[Spelling]:
    kind, _, first = made_of.partition(" ")
    return spelled_examples()[int(first) : int(first) + size] if kind == "example" else generated(size, made_of)


def stage_frame(spellings: list[Spelling]) -> pl.DataFrame:
    """Spellings as mapping leaves them: open rows with a phone column ``A`` and their region."""
    texts, regions = zip(*spellings, strict=True)
    cells = {"phone:A": pl.Series(texts, dtype=pl.String), "region": pl.Series(regions, dtype=pl.String)}
    return pl.DataFrame(cells).with_columns(
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )


def differing_paths(spellings: list[Spelling]) -> list[tuple[object, ...]]:
    """Each spelling whose row the stage gives otherwise by ``phonenumbers`` alone, with both rows."""
    frame = stage_frame(spellings)
    fast = Phones(None)(frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PHONES_VARIABLE, "plain")
        plain = Phones(None)(frame)
    rows = zip(spellings, fast.rows(), plain.rows(), strict=True)
    return [row for row in rows if row[1] != row[2]]


def differences(spellings: list[Spelling], reader: Reader) -> list[tuple[Spelling, Answer, Answer]]:
    """The spellings that columns and ``phonenumbers`` read differently, with both answers."""
    return list(_differing(spellings, read(spellings, reader)[0]))


def _differing(spellings: list[Spelling], found: list[Answer]) -> Iterator[tuple[Spelling, Answer, Answer]]:
    for spelling, answer in zip(spellings, found, strict=True):
        text, region = spelling
        if sum(sign.isascii() and sign.isalpha() for sign in text) > 2:
            text = _in_ascii(text)
        reading = oracle.read(text, region)
        extension = reading.extension and _in_ascii(reading.extension)
        expected = (reading.e164, reading.fault, reading.code, extension)
        if answer != expected:
            yield spelling, answer, expected


def _in_ascii(text: str) -> str:
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)


def read(spellings: list[Spelling], reader: Reader) -> tuple[list[Answer], Counter[str]]:
    """Number, fault, calling code and extension of each spelling as columns read it without any repair, and by what."""
    spelled = Spellings.of(pl.Series([text for text, _ in spellings], dtype=pl.String))
    shapes, shape_of = np.unique(spelled.shape_of, return_inverse=True)
    found = [_unmended(spelled.shapes.texts[number]) for number in shapes.tolist()]
    table = WayTable()
    table.add(found, [_unmended] * len(found))
    regions = np.array([REGIONS.index(region) if region else NOWHERE for _, region in spellings], np.int64)
    readings = reader.read(Candidates(spelled, table, np.arange(len(spellings)), shape_of, regions))
    extensions = dict(readings.extensions)
    for row, shape in enumerate(shape_of.tolist()):
        offset, size = found[shape].extension
        if size:
            extensions[row] = spelled.texts[row][offset : offset + size]
    columns = zip(readings.e164.tolist(), readings.fault.tolist(), readings.code.tolist(), strict=True)
    answers = [
        (
            f"+{e164}" if e164 else None,
            None if fault == NO_FAULT else FAULTS[fault],
            str(code) if code else None,
            extensions.get(row) if e164 else None,
        )
        for row, (e164, fault, code) in enumerate(columns)
    ]
    by_shape = int((table["fault"][shape_of] != NO_FAULT).sum())
    asked = len(readings.asked)
    by = {"automaton": len(spellings) - by_shape - asked, "shape alone": by_shape, "phonenumbers itself": asked}
    return answers, Counter(by)


def _unmended(text: str) -> Way:
    return ways._way(text, 0, Meant(text))


def generated(count: int, seed: object) -> list[Spelling]:
    """Spellings; the same for the same arguments."""
    chance = random.Random(str(seed))  # noqa: S311 - a repeatable list, no secret
    return [_spelling(chance) for _ in range(count)]


def _spelling(chance: random.Random) -> Spelling:
    region, number, texts = chance.choice(_examples())
    text = _mutated(chance, chance.choice(texts)) if chance.random() < 0.5 else _dialled(chance, region, number)
    draw = chance.random()
    if draw < 0.06:
        text += chance.choice(_LABELS + _LABELS_WIDE) + "".join(
            chance.choices(_DIGITS, k=chance.choice([1, 3, 5, 8, 11]))
        )
    elif draw < 0.09:
        text += chance.choice(_TAILS)
    elif draw < 0.11:
        text = chance.choice(_HEADS) + text
    elif draw < 0.13:
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(_PUNCTUATION) * chance.choice([1, 1, 2]) + text[place:]
    elif draw < 0.14:
        text = text[: -chance.choice([2, 3, 4])] + "".join(chance.choices("ABCXYZabcxyz", k=4))
    elif draw < 0.145:
        text += chance.choice(_CONTEXTS)
    if chance.random() < 0.04:
        text = text.translate(chance.choice(_SCRIPTS))
    home = region if region in phonenumbers.SUPPORTED_REGIONS else None
    return text, home if chance.random() < 0.85 else chance.choice([*REGIONS, None])


def _mutated(chance: random.Random, text: str) -> str:
    """A few of its digits changed, one left out or doubled, or the end cut off."""
    signs = list(text)
    places = [place for place, sign in enumerate(signs) if sign in _DIGITS]
    for place in chance.sample(places, min(len(places), chance.choice([0, 0, 1, 2, 4, 6]))):
        signs[place] = chance.choice(_DIGITS)
    draw = chance.random()
    if draw < 0.25:
        place = chance.choice(places)
        signs[place] = chance.choice(["", signs[place] * 2])
    elif draw < 0.35:
        del signs[chance.randrange(len(signs)) :]
    return "".join(signs)


def _dialled(chance: random.Random, region: str, number: PhoneNumber) -> str:
    """The number's first digits and others behind one of the prefixes that occur, with gaps or without."""
    code, digits = str(number.country_code), phonenumbers.national_significant_number(number)
    kept = len(digits) - chance.choice([0, 0, 0, 1, 2, 4])
    digits = digits[:kept] + "".join(chance.choices(_DIGITS, k=chance.choice([0, len(digits) - kept, 1, 5])))
    trunk, abroad = _prefixes(region)
    starts = ["+" + code, "", trunk, code, abroad + code, "00" + code, "+" + code + trunk, "0", "+", "1", "011" + code]
    starts += [f"{trunk}{chance.randrange(100):02}", f"+{abroad}{code}", f"{code}{trunk}", abroad]
    gaps = chance.choice(["", "", " ", "-", ". ()/"])
    return chance.choice(starts) + "".join(digit + (chance.choice(gaps + "  ") if gaps else "") for digit in digits)


@cache
def _prefixes(region: str) -> tuple[str, str]:
    """The national prefix, and that for calls abroad where it is one string."""
    metadata = PhoneMetadata.metadata_for_region(region) if region in phonenumbers.SUPPORTED_REGIONS else None
    if metadata is None:
        return "", "00"
    abroad = metadata.international_prefix or "00"
    return metadata.national_prefix or "", abroad if abroad.isdigit() else "00"


@cache
def _examples() -> list[tuple[str, PhoneNumber, list[str]]]:
    """An example of every region and type, and of every code that no country owns, each as usually written."""
    numbers = [
        (region, number)
        for region in REGIONS
        for kind in range(11)
        if (number := phonenumbers.example_number_for_type(region, kind))
    ]
    numbers += [
        (phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY, number)
        for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
        if (number := phonenumbers.example_number_for_non_geo_entity(code))
    ]
    return [(region, number, _texts(number)) for region, number in numbers]


def _texts(number: PhoneNumber) -> list[str]:
    return [
        *(phonenumbers.format_number(number, style) for style in _FORMATS),
        phonenumbers.format_out_of_country_calling_number(number, "US"),
        phonenumbers.format_out_of_country_calling_number(number, "AU"),
        phonenumbers.format_national_number_with_carrier_code(number, "15"),
        phonenumbers.format_national_number_with_carrier_code(number, "31"),
    ]


@cache
def spelled_examples() -> list[Spelling]:
    """Every example of the corpora in every spelling, with its region and with none."""
    spellings: list[Spelling] = []
    for line in EXAMPLES.read_text("utf-8").splitlines():
        example = json.loads(line)
        number = phonenumbers.parse(example["e164"])
        region = example["region"] if example["region"] in phonenumbers.SUPPORTED_REGIONS else None
        texts = _texts(number)
        texts += [text.replace(" ", mark) for text in texts[1:3] for mark in (".", "-", "/", "\u00a0", "", ") (")]
        texts += [f"{texts[1]}{label}123" for label in _LABELS + _LABELS_WIDE]
        texts += [head + text for text in texts[:2] for head in _HEADS]
        texts += [text + tail for text in texts[1:3] for tail in _TAILS]
        texts += [text.translate(script) for text in texts[:4] for script in _SCRIPTS]
        texts += [example["e164"][:-1], example["e164"] + "0", example["e164"][1:], "00" + example["e164"][1:]]
        spellings += [(text, home) for text in texts for home in {region, None}]
    return spellings


if __name__ == "__main__":
    main()
