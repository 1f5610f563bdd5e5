"""``python -m tests.torture.mutants N``: N damaged files, each of which gives rows that add up, or one line of words.

Whatever a file holds, there is no traceback, nothing hangs, memory is bounded, and every row is accounted for by a
count of its own. Seconds are processor time of this process and its children, since a busy machine stretches those by
the clock; the clock only ends what waits for ever. A family of files is a class with the three members of ``Family``
and one entry in ``FAMILIES``.
"""

import argparse
import faulthandler
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from importer.errors import ReadError
from importer.system import process_tree
from tests.torture.mutants_bounds import MOST_MB, Bounds
from tests.torture.mutants_runs import Runs
from tests.torture.mutants_text import Text
from tests.torture.mutants_workbooks import Workbooks

HANG_S = 30
_WAITS_S = 300
"""By the clock: what takes so long without much processor time waits for something that does not come."""
_LOOK_S = 0.05
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
_WHOLE = Runs(FAMILIES)
"""Ten times as dear, so it is played where it is asked for."""
_GOOD = ("read", "refused")
_ROUND = (0, 1, 0, 1, 2)
"""Which family is played in turn: those of the bounds are larger, and a process each."""


def main() -> None:
    """Damage and read as many as asked for; ends with 1 where anything is said of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, help="how many files, over all families")
    parser.add_argument("--seed", type=int, default=1, help="of the first file; each one has the next number")
    parser.add_argument("--family", choices=[family.name for family in (*FAMILIES, _WHOLE)], help="this family only")
    parser.add_argument("--keep", type=Path, help="a folder for the files that something is said of")
    options = parser.parse_args()
    families = [family for family in (*FAMILIES, _WHOLE) if options.family == family.name] or FAMILIES
    told, complaints = play(options.number, options.seed, families, options.keep)
    print(told)
    raise SystemExit(bool(complaints))


def check(number: int, families: Sequence[Family] = FAMILIES) -> str:
    """The figures of so many files of these families, of which nothing must be said."""
    told, complaints = play(number, 1, families, None)
    assert not complaints, told
    return told


def check_runs(number: int) -> str:
    """The figures of so many whole runs."""
    return check(number, [_WHOLE])


def play(number: int, seed: int, families: Sequence[Family], keep: Path | None) -> tuple[str, int]:
    """Damage and read; print every complaint with the seed that makes its file again, and how far it is.

    Returns:
        The figures in one line, and how many complaints there are.
    """
    ends = Counter[str]()
    complaints = 0
    start, slowest, most_mb = time.perf_counter(), (0.0, 0), (0.0, 0)
    with tempfile.TemporaryDirectory() as folder:
        for count in range(1, number + 1):
            place = seed + count - 1
            family = families[_ROUND[place % len(_ROUND)] % len(families)]
            name, data = family.mutant(random.Random(place))  # noqa: S311 - damage, not secrets
            with _limited() as cost:
                end, words = _read(family, Path(folder) / name, data)
            slowest, most_mb = max(slowest, (cost.seconds, place)), max(most_mb, (cost.mb, place))
            if end in _GOOD and cost.mb > MOST_MB:
                end, words = "too much memory", f"{cost.mb:,.0f} MB"
            ends[f"{family.name} {end}"] += 1
            if end not in _GOOD:
                complaints += 1
                print(f"{end}: seed {place}, {name}: {words}", flush=True)
                if keep:
                    (keep / f"{place}-{name}").write_bytes(data)
            if count % _PROGRESS == 0 and count < number:
                print(f"{count:,} of {number:,} damaged files, complaints: {complaints:,}", flush=True)
    took = (
        f"{time.perf_counter() - start:,.0f} s by the clock; at most {slowest[0]:.1f} s of processor time "
        f"(seed {slowest[1]}) and {most_mb[0]:,.0f} MB (seed {most_mb[1]})"
    )
    figures = ", ".join(f"{files:,} {end}" for end, files in sorted(ends.items()))
    return f"{number:,} damaged files, complaints: {complaints:,}; {figures}; {took}", complaints


def _read(family: Family, path: Path, data: bytes) -> tuple[str, str]:
    """How reading a file ended, and in which words."""
    path.write_bytes(data)
    try:
        complaint = family.complaint(path)
    except ReadError as error:
        return ("refused", str(error)) if "\n" not in str(error) else ("words over several lines", str(error))
    except _HangError as hang:
        return "hang", str(hang)
    except Exception as error:  # noqa: BLE001 - any exception at all is what is looked for
        return "traceback", repr(error)
    finally:
        path.unlink()
    return ("wrong account", complaint) if complaint else ("read", "")


class _HangError(BaseException):
    """Nothing in the product handles it, as it would handle a ``TimeoutError``."""


class _Cost:
    """What one file took of this process and its children: seconds of processor time, and the most MB beside before."""

    def __init__(self) -> None:
        self.mb, self._held_before = 0.0, process_tree.held_mb()
        self._spent_before, self._until = process_tree.spent_s(), time.monotonic() + _WAITS_S

    @property
    def seconds(self) -> float:
        return process_tree.spent_s() - self._spent_before

    def check(self, *_: object) -> None:
        """Raise ``_HangError`` if the file took too long. Called by a signal, every second."""
        if (spent := self.seconds) > HANG_S or time.monotonic() > self._until:
            raise _HangError(f"after {spent:.0f} s of processor time")

    def look(self, is_over: threading.Event) -> None:
        """Note the most memory that is held until ``is_over``; for a thread of its own."""
        while not is_over.wait(_LOOK_S):
            self.mb = max(self.mb, process_tree.held_mb() - self._held_before)


@contextmanager
def _limited() -> Iterator[_Cost]:
    """Measure the work within; raise ``_HangError`` in it if it takes too long."""
    cost, is_over = _Cost(), threading.Event()
    watcher = threading.Thread(target=cost.look, args=(is_over,), daemon=True)
    signal.signal(signal.SIGALRM, cost.check)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    faulthandler.dump_traceback_later(2 * _WAITS_S, exit=True)  # a hang that no signal reaches
    watcher.start()
    try:
        yield cost
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        is_over.set()
        watcher.join()


if __name__ == "__main__":
    main()
