"""Numbers as people write them, and what is no number: ``python -m tests.quality.phone_spellings 500000``.

Of each class of ``phone_cells`` it is told how many cells gave their number (right), how many none (refused), and how
many a number that nobody meant (WRONG), of these how many that the report does not point out (silent). A row names its
country, or ``--region`` does, or it has neither.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable

import polars as pl

from importer.models.frames import OUTCOME, REASON
from importer.stages.phones import Phones
from tests.support.phone_cells import CLASSES, Cell, cells

MUST_NOT_BE_SILENT = ("masked", "words", "dates", "two numbers", "00")
"""Classes of which no cell may give a wrong number that nothing points out."""


def outcomes(some: Iterable[Cell], *, has_country: bool) -> list[tuple[Cell, str | None, bool]]:
    """What each cell gave, and whether the report points it out.

    Args:
        some: the cells.
        has_country: whether the rows name their country; else ``--region`` does.
    """
    by_region: dict[str | None, list[Cell]] = defaultdict(list)
    for cell in some:
        by_region[cell.region].append(cell)
    found = []
    for region, of_region in by_region.items():
        frame = pl.DataFrame({"phone:A": pl.Series([cell.text for cell in of_region], dtype=pl.String)}).with_columns(
            region=pl.lit(region if has_country else None, pl.String),
            outcome=pl.lit(None, OUTCOME),
            reason=pl.lit(None, REASON),
            detail=pl.lit(None, pl.String),
            changes=pl.lit(None, pl.String),
        )
        read = Phones(None if has_country else region)(frame)
        flags = read["changes"].str.contains("phone:review-").fill_null(value=False).to_list()
        found += list(zip(of_region, read["phone"].to_list(), flags, strict=True))
    return found


def verdict(cell: Cell, phone: str | None, *, is_flagged: bool) -> str:
    """Right, refused, WRONG, or silent: wrong, and nothing points it out."""
    if phone == cell.number:
        return "right"
    if phone is None:
        return "refused"
    return "WRONG" if is_flagged else "silent"


def main() -> None:
    """Make cells, read them with a country column and with ``--region``, and print what came of each class."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spellings", type=int, nargs="?", default=500_000, help="cells to make (default 500,000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other cells (default 1)")
    parser.add_argument("--show", type=int, default=0, help="wrong cells to print, of each class (default 0)")
    options = parser.parse_args()
    some = cells(options.spellings, options.seed)
    half = len(some) // 2
    found = outcomes(some[:half], has_country=True) + outcomes(some[half:], has_country=False)
    count: Counter[tuple[str, str]] = Counter()
    for cell, phone, is_flagged in found:
        how = verdict(cell, phone, is_flagged=is_flagged)
        count[cell.kind, how] += 1
        if how in {"WRONG", "silent"} and count[cell.kind, how] <= options.show:
            print(f"{how} {cell.kind}: {cell.text!r} in {cell.region}: {phone}, not {cell.number}")
    for kind in CLASSES:
        print(kind.ljust(12), told(count, kind))
    print("all".ljust(12), told(count, *CLASSES))
    silent = sum(count[kind, "silent"] for kind in CLASSES)
    is_good = silent < 0.0002 * len(found) and not any(count[kind, "silent"] for kind in MUST_NOT_BE_SILENT)
    raise SystemExit(not is_good)


def told(count: Counter[tuple[str, str]], *kinds: str) -> str:
    """The rates of some classes in words."""
    of_kinds = {how: sum(count[kind, how] for kind in kinds) for how in ("right", "refused", "WRONG", "silent")}
    total = sum(of_kinds.values()) or 1
    rates = "  ".join(f"{how} {n / total:8.3%}" for how, n in of_kinds.items() if how != "silent")
    return f"{total:>9,}  {rates}  WRONG and silent {of_kinds['silent']:,} ({of_kinds['silent'] / total:.4%})"


if __name__ == "__main__":
    main()
