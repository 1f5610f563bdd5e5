"""Verdicts: the number that a cell holds, or the reason why it holds none."""

import polars as pl

from importer.models import Reason
from importer.stages.phones import oracle, repairs
from importer.stages.phones.oracle import Fault
from importer.stages.phones.reading import read

_ALTERNATIVES = (
    ("00-prefix", r"^\(?00\)?[ ()./\-]*([1-9].*)$", "+$1"),
    ("011-prefix", r"^\(?011\)?[ ()./\-]*([1-9](?:[^0-9]*[0-9]){9,}.*)$", "+$1"),
    ("trunk-zero", r"^(?:\+|00) ?([1-9][0-9]{0,2}) ?\(0\) ?(.*)$", "+$1$2"),
)
"""Other readings of a text that is no valid number as it stands: rule, pattern, what it is read as.

``011`` needs ten digits after it: with fewer, it is the area code of Buenos Aires, Johannesburg or Turin.
"""

_BETWEEN_NUMBERS = r"(?i)\s+/\s+|\s*[;,|&]\s*|\s+(?:or|and|oder|und|ou|et|o|y|e)\s+"
"""What stands between two numbers; a slash without spaces may as well stand within one, so it comes second."""

_SHORTEST_PART = 6
"""Digits below which a part is no number of its own; then the cell is not taken apart."""

_FEWEST_AMBIGUOUS = 6
"""Digits below which a number without country is not taken for a whole one."""


def find_numbers(cells: pl.DataFrame) -> pl.DataFrame:
    """Find the number in each cell.

    Args:
        cells: ``index`` (UInt32, unique), ``text`` (String, as in the file), ``region`` (String?).

    Returns:
        ``index``, ``e164`` (String?), ``rules`` (UInt16), ``extension`` (String?), ``rest`` (String?: a second number
        of the cell), and where there is no number ``reason`` (String, a ``Reason``), ``fault`` (String?) and ``place``
        (String?: the country or code whose numbering plan was asked), in any order.
    """
    found, failed = _read_repaired(cells)
    doubled = _with_two_readings(found)
    parts = _first_of_several(failed)
    taken = parts.drop_nulls("e164")
    failed = (
        failed.join(taken, on="index", how="anti")
        .join(parts.select("index", part_fault="fault"), on="index", how="left")
        .join(cells.select("index", raw="text"), on="index", how="left")
        .with_columns(fault=pl.coalesce("part_fault", "fault"))
    )
    return pl.concat(
        [
            found.join(doubled, on="index", how="anti").select("index", "e164", "extension", rules=_with_own_rules()),
            taken.select("index", "e164", "extension", "rules", "rest"),
            failed.select("index", "fault", reason=_reason(), place=_place()),
            doubled.select("index", reason=pl.lit(Reason.PHONE_AMBIGUOUS.value)),
        ],
        how="diagonal",
    )


def _read_repaired(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Repair, then read as written and in each other way: the cells that are a valid number, and those that are not."""
    waiting = repairs.repaired(cells)
    damaged = waiting.filter("is_damaged")
    waiting = waiting.filter(~pl.col("is_damaged"))
    is_valid = pl.col("e164").is_not_null()
    joined = _joined(waiting, read(waiting.select("index", "text", "region")))
    found, failed = [joined.filter(is_valid)], joined.filter(~is_valid)
    for rule, pattern, replacement in _ALTERNATIVES:
        others = failed.filter(pl.col("text").str.contains(pattern)).select(
            pl.col(waiting.columns).exclude("text", "rules"),
            text=pl.col("text").str.replace(pattern, replacement),
            rules=pl.col("rules") | repairs.bit(rule),
        )
        valid = read(others.select("index", "text", "region")).filter(is_valid)
        found.append(_joined(others, valid))
        failed = failed.join(valid.select("index"), on="index", how="anti")
    return pl.concat(found, how="diagonal"), pl.concat([failed, damaged], how="diagonal")


def _joined(cells: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
    """Cells with what was read of them; an extension that a repair took off stays."""
    joined = cells.join(readings, on="index", suffix="_read")
    return joined.with_columns(extension=pl.coalesce("extension", "extension_read")).drop("extension_read")


def _first_of_several(failed: pl.DataFrame) -> pl.DataFrame:
    """Where a cell that is no number falls into parts that may be, the first valid part, and the others as ``rest``.

    Where no part is valid, ``fault`` is that of the first one.
    """
    parts = _parts(failed.filter(~pl.col("is_damaged")))
    readings = _read_repaired(parts.filter(pl.col("size") > 0).select("index", "text", "region"))
    read_parts = parts.join(pl.concat(readings, how="diagonal"), on="index", how="left", suffix="_read").sort("index")
    is_first = pl.col("index") == pl.col("index").filter(pl.col("e164").is_not_null()).first()
    return (
        read_parts.group_by("cell", maintain_order=True)
        .agg(
            pl.col("e164", "extension", "rules").filter(is_first).first(),
            pl.col("fault").first(),
            rest=pl.col("text").filter(is_first.not_()).str.join(" / "),
        )
        .with_columns(rules=pl.col("rules") | repairs.bit("two-numbers"), rest=pl.col("rest").replace("", None))
        .rename({"cell": "index"})
    )


def _parts(cells: pl.DataFrame) -> pl.DataFrame:
    """The parts of each cell that has several, each with the ``size`` in digits: none, or enough for a number."""
    text = pl.col("text").str.replace_all(r"([0-9])[^0-9+]*\+", "$1;+")
    split = (
        pl.when(text.str.contains(_BETWEEN_NUMBERS))
        .then(text.str.replace_all(_BETWEEN_NUMBERS, "\x1f"))
        .otherwise(text.str.replace_all("/", "\x1f", literal=True))
    )
    is_whole = (pl.col("size") == 0) | (pl.col("size") >= _SHORTEST_PART)
    return (
        cells.select("region", cell="index", text=split.str.split("\x1f"))
        .filter(pl.col("text").list.len() > 1)
        .explode("text", empty_as_null=True, keep_nulls=True)
        .with_columns(pl.col("text").str.strip_chars(), size=pl.col("text").str.count_matches("[0-9]"))
        .filter(is_whole.all().over("cell"))
        .with_row_index("index")
    )


def _with_two_readings(found: pl.DataFrame) -> pl.DataFrame:
    """The ``index`` of numbers that are as valid with their first digits as the country's code (4915…, region DE)."""
    is_coded = pl.col("text").str.starts_with(pl.col("code"))
    is_doubled = pl.col("e164") == pl.concat_str(pl.lit("+"), "code", "digits")
    suspects = found.filter(is_coded).filter(is_doubled)
    other = read(suspects.select("index", "region", text=pl.concat_str(pl.lit("+"), "digits")))
    return other.drop_nulls("e164").select("index")


def _reason() -> pl.Expr:
    """Why a cell holds no number; a cell that is no number at all may say that there is none."""
    digits = pl.col("text").str.count_matches("[0-9]")
    lost = pl.col("is_damaged") | repairs.is_rounded(pl.col("text")) | repairs.is_spreadsheet_error(pl.col("raw"))
    is_homeless = (pl.col("fault") == Fault.NO_REGION.value) & (digits >= _FEWEST_AMBIGUOUS)
    return (
        pl.when(lost)
        .then(pl.lit(Reason.PHONE_DAMAGED.value))
        .when(repairs.is_placeholder(pl.col("raw")))
        .then(pl.lit(Reason.PHONE_MISSING.value))
        .when(is_homeless)
        .then(pl.lit(Reason.PHONE_AMBIGUOUS.value))
        .otherwise(pl.lit(Reason.PHONE_INVALID.value))
    )


def _place() -> pl.Expr:
    is_at_home = pl.col("region").replace_strict(oracle.codes(), default=None) == pl.col("code")
    return (
        pl.when(is_at_home)
        .then("region")
        .otherwise(pl.col("code").replace_strict(oracle.places(), default=None, return_dtype=pl.String))
    )


def _with_own_rules() -> pl.Expr:
    """The rules that ``phonenumbers`` applied by itself, told from what it made of the text."""
    text, written, read_as = pl.col("text"), pl.col("digits"), pl.col("e164").str.slice(1)
    marks = {
        "00-prefix": text.str.starts_with("00"),
        "trunk-zero": text.str.contains_any(["(0)"])
        & (read_as != written)
        & text.str.contains(r"^(?:\+|00)[0-9 ]+\(0\)"),
        "country-code": (read_as == written) & ~text.str.starts_with("+"),
        "extension": pl.col("extension").is_not_null(),
    }
    rules = pl.col("rules")
    for rule, mark in marks.items():
        rules |= pl.when(mark).then(repairs.bit(rule)).otherwise(pl.lit(0, repairs.RULES_DTYPE))
    return rules
