"""``python -m tests.quality.name_splitting``: how many full names are taken apart rightly, and firms left whole.

Beside it, where nameparser is installed (it is no dependency), how many names that library takes apart rightly.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from importer.stages.names import Names

FIRMS = "firms"
_TABLE = Path(__file__).parents[1] / "data" / "name_splitting.txt"

Parts = tuple[str, str]
"""First and last name, empty where there is none."""


@dataclass(frozen=True, slots=True)
class Case:
    """A full name as it was written, and the parts that are right; a firm has none."""

    section: str
    written: str
    right: tuple[Parts, ...]


def cases() -> Iterator[Case]:
    """The lines of ``name_splitting.txt``."""
    section = ""
    for line in _TABLE.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith("#"):
            yield from (_case(section, text.strip()) for text in line.split(";") if text.strip())


def _case(section: str, text: str) -> Case:
    if section == FIRMS:
        return Case(section, text, ((text, ""),))
    written, equals, parts = text.rpartition(" = ")
    halves = [tuple(half.strip() for half in name.split("|")) for name in parts.split("||")]
    right = tuple((first, last) for first, last in halves)
    return Case(section, written if equals else " ".join(right[0]), right)


def split(written: list[str]) -> list[Parts]:
    """What the stage makes of a column of full names."""
    frame = pl.DataFrame({"full_name": written}).with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("first_name", "last_name", "changes")
    )
    return [(first or "", last or "") for first, last in Names()(frame).select("first_name", "last_name").iter_rows()]


def wrong(table: list[Case]) -> dict[Case, Parts]:
    """What comes out otherwise than it should; of a firm only that it is taken apart."""
    found = zip(table, split([case.written for case in table]), strict=True)
    return {case: parts for case, parts in found if (parts[1] if case.section == FIRMS else parts not in case.right)}


def _right_of_nameparser(table: list[Case]) -> int:
    parse: Callable[[str], object] = import_module("nameparser").HumanName
    right = 0
    for case in table:
        name = parse(case.written)
        given, last = (getattr(name, part) for part in ("first", "last"))
        generation = f"{last} {name.suffix}" if getattr(name, "suffix", "") else last  # type: ignore[attr-defined]
        first = f"{given} {getattr(name, 'middle', '')}".strip()
        found = {(first.casefold(), text.casefold()) for text in (last, generation)}
        right += any((a.casefold(), b.casefold()) in found for a, b in case.right)
    return right


def main() -> None:
    """Print the share that is right, by section, and each that is not."""
    table = list(cases())
    failed = wrong(table)
    counts, bad = Counter(case.section for case in table), Counter(case.section for case in failed)
    for section, count in counts.items():
        print(f"{count - bad[section]:5} of {count:3}  {section}")
    names = [case for case in table if case.section != FIRMS]
    right = len(names) - sum(case.section != FIRMS for case in failed)
    print(f"{right:5} of {len(names):3}  names: {right / len(names):.1%}")
    if find_spec("nameparser"):
        theirs = _right_of_nameparser(names)
        print(f"{theirs:5} of {len(names):3}  by nameparser: {theirs / len(names):.1%}")
    for case, parts in failed.items():
        print(f"wrong: {case.written}: {' | '.join(parts)}")


if __name__ == "__main__":
    main()
