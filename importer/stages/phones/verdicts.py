"""Verdicts: the number that a cell holds, or the reason why it holds none."""

import polars as pl

from importer.models import Reason
from importer.stages.phones import oracle, repairs
from importer.stages.phones.oracle import Fault
from importer.stages.phones.reading import Reader

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


_NO_RULE = pl.lit(0, repairs.RULES_DTYPE)


def find_numbers(cells: pl.DataFrame, reader: Reader) -> pl.DataFrame:
    """Find the number in each cell.

    Args:
        cells: ``index`` (UInt32, unique), ``text`` (String, as in the file), ``region`` (String?).
        reader: reads what was repaired.

    Returns:
        ``index``, ``e164`` (String?), ``rules`` (UInt16), ``extension`` (String?), ``rest`` (String?: a second number
        of the cell), and where there is no number ``reason`` (String, a ``Reason``), ``fault`` (String?) and ``place``
        (String?: the country or code whose numbering plan was asked), in any order.
    """
    waiting = repairs.repaired(cells)
    damaged = waiting.filter("is_damaged")
    waiting = waiting.filter(~pl.col("is_damaged"))
    joined = _read(waiting, reader)
    is_valid = pl.col("e164").is_not_null()
    found, failed = joined.filter(is_valid), joined.filter(~is_valid)
    taken, part_faults = _read_otherwise(failed.select(waiting.columns), reader)
    failed = (
        pl.concat([failed.join(taken, on="index", how="anti"), damaged], how="diagonal")
        .join(part_faults, on="index", how="left")
        .join(cells.select("index", raw="text"), on="index", how="left")
        .with_columns(fault=pl.coalesce("part_fault", "fault"))
    )
    return pl.concat(
        [
            found.select("index", "e164", "extension", "rules"),
            taken,
            failed.select("index", "fault", reason=_reason(), place=_place()),
        ],
        how="diagonal",
    )


def _read(cells: pl.DataFrame, reader: Reader) -> pl.DataFrame:
    """Cells with what was read of them, and the rules of both; an extension that a repair took off stays."""
    joined = cells.join(reader.read(cells.select("index", "text", "region")), on="index", suffix="_read")
    with_extension = pl.when(pl.col("extension_read").is_not_null()).then(repairs.bit("extension")).otherwise(_NO_RULE)
    read = joined.with_columns(
        extension=pl.coalesce("extension", "extension_read"),
        rules=pl.col("rules") | pl.col("own_rules") | with_extension,
    ).drop("extension_read", "own_rules")
    has_optional_zero = pl.col("text").str.contains("(0)", literal=True)
    optional = read.filter(has_optional_zero)
    if optional.is_empty():
        return read
    is_dropped = pl.col("text").str.contains(r"^(?:\+|00)[0-9 ]+\(0\)") & (
        pl.col("e164").str.slice(1) != pl.col("digits")
    )
    optional = optional.with_columns(
        rules=pl.col("rules") | pl.when(is_dropped).then(repairs.bit("trunk-zero")).otherwise(_NO_RULE)
    )
    return pl.concat([read.filter(~has_optional_zero), optional])


def _read_otherwise(failed: pl.DataFrame, reader: Reader) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read cells that are no number as they stand in every other way, and where a cell has several parts, each part.

    Returns:
        Of each cell with a valid reading the first one: ``index``, ``e164``, ``extension``, ``rules``, and the other
        parts of the cell as ``rest`` (String?). And the fault of each first part: ``index``, ``part_fault`` (String?).
    """
    parts = _parts(failed)
    whole = failed.rename({"index": "cell"}).with_columns(part=pl.lit(0, pl.UInt32))
    pieces = repairs.repaired(parts.filter(pl.col("size") > 0).drop("size")).filter(~pl.col("is_damaged"))
    ways = [*_other_ways(whole), pieces.with_columns(way=pl.lit(0)), *_other_ways(pieces)]
    ways = [way.select("cell", "part", "way", "text", "region", "extension", "rules") for way in ways]
    candidates = pl.concat(ways).sort("cell", "part", "way").with_row_index("index")
    readings = _read(candidates, reader)
    first = readings.drop_nulls("e164").sort("index").unique("cell", keep="first").rename({"part": "taken"})
    rest = (
        parts.join(first.filter(pl.col("taken") > 0).select("cell", "taken"), on="cell")
        .filter(pl.col("part") != pl.col("taken"))
        .sort("cell", "part")
        .group_by("cell")
        .agg(rest=pl.col("text").str.join(" / ").replace("", None))
    )
    own_rules = pl.when(pl.col("taken") > 0).then(repairs.bit("two-numbers")).otherwise(_NO_RULE)
    taken = first.join(rest, on="cell", how="left").select(
        "e164", "extension", "rest", index="cell", rules=pl.col("rules") | own_rules
    )
    is_first_part = (pl.col("part") == 1) & (pl.col("way") == 0)
    return taken, readings.filter(is_first_part).select(index="cell", part_fault="fault")


def _other_ways(cells: pl.DataFrame) -> list[pl.DataFrame]:
    """The cells as each of the alternatives reads them that fits."""
    return [
        cells.filter(pl.col("text").str.contains(pattern)).with_columns(
            way=pl.lit(way),
            text=pl.col("text").str.replace(pattern, read_as),
            rules=pl.col("rules") | repairs.bit(rule),
        )
        for way, (rule, pattern, read_as) in enumerate(_ALTERNATIVES, start=1)
    ]


def _parts(cells: pl.DataFrame) -> pl.DataFrame:
    """The parts of each ``cell`` that has several, from ``part`` 1 on, each with its ``region``, ``text`` and ``size``.

    The size is in digits: none, or enough for a number.
    """
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
        .with_columns(part=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("cell"))
    )


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
        .when(is_homeless | (pl.col("fault") == Fault.TWO_READINGS.value))
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
