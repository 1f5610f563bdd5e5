"""Phones beside a plain ``phonenumbers`` loop on the same messy rows, each in processes of their own.

The loop parses, validates and formats each cell with the row's region. It is timed as everybody writes it, and once
more with the patterns kept, as ``phonenumbers`` offers and hardly anybody knows. Both sides are given regions, so that
reading country names counts for neither. Ours is the whole stage, frame in, frame out. A process makes its tables from
the metadata as it goes: how long the first list takes is told apart from those that come after it.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from time import perf_counter, process_time

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.re_util import enable_pattern_cache

ROOT = Path(__file__).parents[2]
Rows = list[tuple[str | None, str | None]]

MARKETS = (
    {"US": 30, "GB": 8, "DE": 6, "CA": 5, "FR": 5, "AU": 3, "IT": 3, "ES": 3, "IN": 4, "NL": 2, "BR": 3, "MX": 3}
    | {"AR": 1, "AT": 1, "BE": 1, "CH": 1, "CN": 1, "DK": 1, "FI": 1, "HK": 1, "IE": 1, "JP": 1, "NO": 1, "NZ": 1}
    | {"PL": 1, "PT": 1, "RU": 1, "SE": 1, "SG": 1, "TR": 1, "ZA": 1, "AE": 1, "IL": 1, "KR": 1}
)
"""Rows in a hundred or so from each country; one in fifty comes from every eighth country of the world."""

_KINDS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
_STYLES = (
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.E164,
    PhoneNumberFormat.RFC3966,
)
_WIDE = str.maketrans("0123456789+", "０１２３４５６７８９＋")
_MISSING = ("n/a", "-", "none", "N/A", "0000000000", "unknown", "x", "TBD", None, None)


def messy(rows: int, seed: int) -> Rows:
    """Phone cells with the region of the row, as lists have them; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    makers = [make for make, share in _MAKERS.items() for _ in range(share)]
    return [chance.choice(makers)(chance) for _ in range(rows)]


@cache
def _markets() -> list[str]:
    weighted = [region for region, share in MARKETS.items() for _ in range(share)]
    everywhere = sorted(phonenumbers.SUPPORTED_REGIONS)[::8]
    return weighted * 50 + everywhere * (len(weighted) // len(everywhere))


@cache
def _models(region: str) -> list[tuple[str, ...]]:
    """Examples of the region's numbers, each in all styles."""
    numbers = [phonenumbers.example_number_for_type(region, kind) for kind in _KINDS]
    return [tuple(phonenumbers.format_number(number, style) for style in _STYLES) for number in numbers if number]


def _number(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    """A region and a number of it in all styles: the first digits of an example, the last five at random."""
    region = chance.choice(_markets())
    model = chance.choice(_models(region))
    digits = [chance.choice("0123456789") for _ in range(5)]
    return region, tuple(_with_last(text, digits) for text in model)


def _with_last(text: str, digits: list[str]) -> str:
    signs, left = list(text), list(digits)
    for place in range(len(signs) - 1, -1, -1):
        if signs[place].isdigit() and left:
            signs[place] = left.pop()
    return "".join(signs)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _national(chance: random.Random) -> tuple[str, str]:
    region, (national, *_) = _number(chance)
    marks = chance.choice((None, None, "", ".", "-", " ", "/"))
    return national if marks is None else "".join(sign if sign.isdigit() else marks for sign in national), region


def _international(chance: random.Random) -> tuple[str, str | None]:
    region, (_, international, e164, rfc) = _number(chance)
    marked = [international.replace(" ", mark) for mark in "  -."]
    return chance.choice((e164, e164, rfc, *marked)), chance.choice((region, region, None))


def _without_plus(chance: random.Random) -> tuple[str, str]:
    region, (_, international, e164, _) = _number(chance)
    abroad = "011 " if region in {"US", "CA"} else "00"
    return chance.choice((e164[1:], abroad + international[1:], "00" + e164[1:], f"({international})")), region


def _extended(chance: random.Random) -> tuple[str, str | None]:
    text, region = chance.choice((_national, _international))(chance)
    label = chance.choice((" ext. ", " x", " ext ", "x", " extension ", " #", ";ext="))
    return f"{text}{label}{chance.randrange(10, 9999)}", region


def _from_spreadsheet(chance: random.Random) -> tuple[str, str | None]:
    region, (national, _, e164, _) = _number(chance)
    floating = f"{_digits(national).lstrip('0')}.0"
    texts = (floating, floating, f"{e164[1:]}.0", f"'{e164}", f'="{e164}"', f"'{national}", e164 + " ")
    return chance.choice(texts), region


def _damaged(chance: random.Random) -> tuple[str, str | None]:
    region, (_, _, e164, _) = _number(chance)
    value = float(e164[1:])
    return chance.choice((f"{value:.5E}", f"{value:.2E}", f"{value:.14E}", "########", "#REF!")), region


def _odd_signs(chance: random.Random) -> tuple[str, str | None]:
    text, region = chance.choice((_national, _international))(chance)
    texts = (text.replace(" ", "\u00a0"), text.replace(" ", "\u202f"), text.replace("-", "‑"), text.translate(_WIDE))
    return chance.choice((*texts, f"\u202a{text}\u202c", f"  {text}\t")), region


def _labelled(chance: random.Random) -> tuple[str, str | None]:
    text, region = chance.choice((_national, _international))(chance)
    return chance.choice(("Mobile: {}", "p:{}", "Tel. {}", "{} (home)", "{} work", "Ph {}")).format(text), region


def _two(chance: random.Random) -> tuple[str, str | None]:
    region, first = _number(chance)
    second = tuple(_with_last(text, [chance.choice("0123456789") for _ in range(5)]) for text in first)
    style = chance.randrange(3)
    return first[style] + chance.choice((" / ", "; ", " or ", ", ", "\n")) + second[style], region


def _optional_zero(chance: random.Random) -> tuple[str, str]:
    region, (_, international, _, _) = _number(chance)
    code, _, rest = international.partition(" ")
    return f"{code} (0){rest}", region


def _missing(chance: random.Random) -> tuple[str | None, str]:
    return chance.choice(_MISSING), "US"


def _wrong(chance: random.Random) -> tuple[str, str]:
    region, (national, international, e164, _) = _number(chance)
    mistyped = _with_last(national, [chance.choice("0123456789") for _ in range(9)])
    cut = national[: len(national) // 2]
    return chance.choice((cut, e164 + "1234567", mistyped, mistyped, international[:-2], "+999" + e164[1:])), region


def _homeless(chance: random.Random) -> tuple[str, None]:
    return _national(chance)[0], None


_MAKERS: dict[Callable[[random.Random], tuple[str | None, str | None]], int] = {
    _national: 40,
    _international: 25,
    _without_plus: 6,
    _extended: 4,
    _from_spreadsheet: 5,
    _damaged: 2,
    _odd_signs: 5,
    _labelled: 2,
    _two: 2,
    _optional_zero: 1,
    _missing: 3,
    _wrong: 4,
    _homeless: 1,
}
"""How many of a hundred rows are of each kind."""


def main(rows: int = 300_000, repeat: int = 3) -> None:
    """Measure and print."""
    cells = messy(rows, seed=7)
    frame = pl.DataFrame(cells, schema={"text": pl.String, "region": pl.String}, orient="row")
    print(
        f"phones on {rows:,} messy rows, {frame.n_unique():,} of them different, "
        f"from {frame['region'].n_unique() - 1} countries"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cells.json"
        file.write_text(json.dumps(cells), "utf-8")
        ((plain_wall, plain_cpu),) = _seconds(file, "plain")
        ((kept_wall, _),) = _seconds(file, "patterns-kept")
        print(f"  a plain loop needs {plain_wall:.1f} s; {kept_wall:.1f} s where it keeps its patterns")
        for chunk_rows in (rows, 50_000, 10_000):
            (first, _), *later = _seconds(file, "ours", chunk_rows, repeat)
            wall, cpu = (statistics.median(seconds) for seconds in zip(*later, strict=True))
            print(
                f"  chunks of {chunk_rows:>7,}: {wall:5.2f} s, {rows / wall:9,.0f} rows/s; "
                f"by the clock {plain_wall / wall:5.1f} × ({kept_wall / wall:4.1f} × where the loop keeps patterns), "
                f"by CPU time {plain_cpu / cpu:5.1f} ×; the first list {first:5.2f} s, {plain_wall / first:4.1f} ×"
            )


def _seconds(file: Path, *how: str | int) -> list[list[float]]:
    """Wall and CPU seconds of each round in a new process."""
    command = [sys.executable, "-m", "tests.bench.phones", str(file), *map(str, how)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    seconds: list[list[float]] = json.loads(done.stdout)
    return seconds


def ours(cells: Rows, chunk_rows: int) -> Callable[[], None]:
    """The stage; what is imported for it counts for nobody."""
    from importer.models.frames import OUTCOME, REASON  # noqa: PLC0415 - the loop's process must not load the importer
    from importer.stages.phones import Phones  # noqa: PLC0415

    frame = pl.DataFrame(cells, schema={"phone:A": pl.String, "region": pl.String}, orient="row").with_columns(
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )

    def run() -> None:
        stage = Phones(None)
        for chunk in frame.iter_slices(chunk_rows):
            stage(chunk)

    return run


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = perf_counter(), process_time()
    run()
    return perf_counter() - wall, process_time() - cpu


def plain(cells: Rows) -> None:
    """What everybody writes."""
    for text, region in cells:
        try:
            number = phonenumbers.parse(text or "", region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _measure(file: str, how: str, *options: str) -> None:
    """One side, in this process."""
    cells = json.loads(Path(file).read_text("utf-8"))
    rounds = 1
    if how == "ours":
        chunk_rows, repeat = map(int, options)
        run, rounds = ours(cells, chunk_rows), 1 + repeat
    else:
        if how == "patterns-kept":
            enable_pattern_cache()
        run = partial(plain, cells)
    print(json.dumps([timed(run) for _ in range(rounds)]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(*sys.argv[1:])
    else:
        main()
