"""Whether the columnar reading of phone numbers is that of ``phonenumbers``: ``python -m tests.phone_identity``.

Spellings from every region and type, with a region or none: valid, mutated, cut and lengthened, as national,
international and RFC 3966 text, behind every prefix, with extensions, punctuation and digits of other scripts. Each is
read in columns and by ``phonenumbers``; number, fault, calling code and extension must be the same.
"""

import argparse
import random
from functools import cache

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumber, PhoneNumberFormat
from phonenumbers.phonemetadata import PhoneMetadata

from importer.stages.phones import oracle
from importer.stages.phones.reading import Reader

Spelling = tuple[str, str | None]

_DIGITS = "0123456789"
_SCRIPTS = [str.maketrans(_DIGITS, digits) for digits in ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")]
_TAILS = (" ext. 12", " x7", ";ext=99", "#5", ",,3", ".0", " (home)", "-", " / 2", "A", "\u00a0", "..", "+1")
_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
_FORMATS = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
)


def main() -> None:
    """Compare slice by slice, and say where it stands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="spellings to compare (default 1,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first slice; the next ones count on (default 1)")
    parser.add_argument("--slice", type=int, default=100_000, help="spellings read at once (default 100,000)")
    options = parser.parse_args()
    reader = Reader(is_careful=False)
    done = wrong = 0
    for seed in range(options.seed, options.seed + -(-options.rows // options.slice)):
        spellings = generated(min(options.slice, options.rows - done), seed)
        found = differences(spellings, reader)
        done, wrong = done + len(spellings), wrong + len(found)
        print(f"seed {seed}: {done:,} spellings, {wrong} differences", flush=True)
        for difference in found[:10]:
            print(f"  {difference}", flush=True)
    raise SystemExit(wrong > 0)


def differences(spellings: list[Spelling], reader: Reader) -> list[tuple[Spelling, object, object]]:
    """The spellings that columns and ``phonenumbers`` read differently, with both answers."""
    cells = pl.DataFrame(spellings, schema={"text": pl.String, "region": pl.String}, orient="row").with_row_index()
    answers = reader.read(cells).sort("index").select("e164", "fault", "code", "extension")
    expected = [oracle.read(text, region) for text, region in spellings]
    return [
        (spelling, answer, want)
        for spelling, answer, want in zip(spellings, answers.iter_rows(), expected, strict=True)
        if answer != (want.e164, want.fault, want.code, want.extension)
    ]


def generated(count: int, seed: int) -> list[Spelling]:
    """Spellings; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable list, no secret
    return [_spelling(chance) for _ in range(count)]


def _spelling(chance: random.Random) -> Spelling:
    region, number, texts = chance.choice(_examples())
    text = _mutated(chance, chance.choice(texts)) if chance.random() < 0.4 else _dialled(chance, region, number)
    draw = chance.random()
    if draw < 0.02:
        text = text.translate(chance.choice(_SCRIPTS))
    elif draw < 0.05:
        text += chance.choice(_TAILS)
    home = region if region in phonenumbers.SUPPORTED_REGIONS else None
    return text, home if chance.random() < 0.85 else chance.choice([*_REGIONS, None])


def _mutated(chance: random.Random, text: str) -> str:
    """A few of its digits changed, one left out or one doubled."""
    signs = list(text)
    places = [place for place, sign in enumerate(signs) if sign in _DIGITS]
    for place in chance.sample(places, min(len(places), chance.choice([0, 0, 1, 2, 6]))):
        signs[place] = chance.choice(_DIGITS)
    if chance.random() < 0.3:
        place = chance.choice(places)
        signs[place] = chance.choice(["", signs[place] * 2])
    return "".join(signs)


def _dialled(chance: random.Random, region: str, number: PhoneNumber) -> str:
    """The number's first digits and others behind one of the prefixes that occur, with gaps or without."""
    code, digits = str(number.country_code), phonenumbers.national_significant_number(number)
    kept = len(digits) - chance.choice([0, 0, 0, 1, 2, 4])
    digits = digits[:kept] + "".join(chance.choices(_DIGITS, k=chance.choice([0, len(digits) - kept, 1, 5])))
    trunk, abroad = _prefixes(region)
    starts = ["+" + code, "", trunk, code, abroad + code, "00" + code, "+" + code + trunk, "0", "+", "1", "011" + code]
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
        for region in _REGIONS
        for kind in range(11)
        if (number := phonenumbers.example_number_for_type(region, kind))
    ]
    numbers += [
        (phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY, number)
        for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
        if (number := phonenumbers.example_number_for_non_geo_entity(code))
    ]
    return [
        (region, number, [*(phonenumbers.format_number(number, style) for style in _FORMATS), _from_abroad(number)])
        for region, number in numbers
    ]


def _from_abroad(number: PhoneNumber) -> str:
    return phonenumbers.format_out_of_country_calling_number(number, "US")


if __name__ == "__main__":
    main()
