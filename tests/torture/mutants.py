"""``python -m tests.torture.mutants N``: N damaged files, each of which gives rows that add up, or one line of words.

Whatever a file holds, there is no traceback, nothing hangs, and every row is accounted for by a count of its own.
A family of files is a class with the three members of ``Family`` and one entry in ``FAMILIES``.
"""

import argparse
import faulthandler
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from importer.errors import ReadError
from tests.torture.mutants_bounds import Bounds
from tests.torture.mutants_text import Text
from tests.torture.mutants_workbooks import Workbooks

HANG_S = 30
_PROGRESS = 500


class Family(Protocol):
    """One sort of files that are damaged and read."""

    name: str

    def mutant(self, choose: random.Random) -> tuple[str, bytes]:
        """A damaged file: its name, which tells where it comes from, and what is in it."""

    def complaint(self, path: Path) -> str:
        """What does not add up in what is read of it; empty where all does.

        Raises:
            ReadError: it cannot be read; with words for a person.
        """


FAMILIES: tuple[Family, ...] = (Text(), Workbooks(), Bounds())
_ROUND = (0, 1, 0, 1, 2)
"""Which family is played in turn: those of the bounds are larger, and a process each."""


def main() -> None:
    """Damage and read as many as asked for; ends with 1 where anything is said of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, help="how many files, over all families")
    parser.add_argument("--seed", type=int, default=1, help="of the first file; each one has the next number")
    parser.add_argument("--family", choices=[family.name for family in FAMILIES], help="this family only")
    parser.add_argument("--keep", type=Path, help="a folder for the files that something is said of")
    options = parser.parse_args()
    families = [family for family in FAMILIES if options.family in (None, family.name)]
    told, complaints = play(options.number, options.seed, families, options.keep)
    print(told)
    raise SystemExit(bool(complaints))


def check(number: int) -> str:
    """The figures of so many files of all families, of which nothing must be said."""
    told, complaints = play(number, 1, FAMILIES, None)
    assert not complaints, told
    return told


def play(number: int, seed: int, families: Sequence[Family], keep: Path | None) -> tuple[str, int]:
    """Damage and read; print every complaint with the seed that makes its file again, and how far it is.

    Returns:
        The figures in one line, and how many complaints there are.
    """
    signal.signal(signal.SIGALRM, _hang)
    ends = Counter[str]()
    complaints = 0
    start, slowest = time.perf_counter(), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for count in range(1, number + 1):
            place = seed + count - 1
            family = families[_ROUND[place % len(_ROUND)] % len(families)]
            began = time.perf_counter()
            name, data = family.mutant(random.Random(place))  # noqa: S311 - damage, not secrets
            end, words = _read(family, Path(folder) / name, data)
            slowest = max(slowest, time.perf_counter() - began)
            ends[f"{family.name} {end}"] += 1
            if end not in ("read", "refused"):
                complaints += 1
                print(f"{end}: seed {place}, {name}: {words}", flush=True)
                if keep:
                    (keep / f"{place}-{name}").write_bytes(data)
            if count % _PROGRESS == 0 and count < number:
                print(f"{count:,} of {number:,} damaged files, complaints: {complaints:,}", flush=True)
    took = f"{time.perf_counter() - start:,.0f} s, the slowest file {slowest:.1f} s"
    figures = ", ".join(f"{files:,} {end}" for end, files in sorted(ends.items()))
    return f"{number:,} damaged files, complaints: {complaints:,}; {figures}; {took}", complaints


def _read(family: Family, path: Path, data: bytes) -> tuple[str, str]:
    """How reading a file ended, and in which words."""
    path.write_bytes(data)
    signal.alarm(HANG_S)
    faulthandler.dump_traceback_later(2 * HANG_S, exit=True)  # a hang that no signal reaches
    try:
        complaint = family.complaint(path)
    except ReadError as error:
        return ("refused", str(error)) if "\n" not in str(error) else ("words over several lines", str(error))
    except _HangError:
        return "hang", ""
    except Exception as error:  # noqa: BLE001 - any exception at all is what is looked for
        return "traceback", repr(error)
    finally:
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
        path.unlink()
    return ("wrong account", complaint) if complaint else ("read", "")


class _HangError(BaseException):
    """Nothing in the product handles it, as it would handle a ``TimeoutError``."""


def _hang(*_: object) -> None:
    raise _HangError


if __name__ == "__main__":
    main()
