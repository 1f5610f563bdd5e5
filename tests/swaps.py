"""``python -m tests.swaps``: a list is replaced by a link, a pipe and itself while it is opened, 10,000 times.

Whatever lies at its place at any moment, no byte of what the link leads to is read, and nothing is waited for.
"""

import argparse
import os
import random
import tempfile
import threading
import time
from pathlib import Path

from importer.errors import ReadError
from importer.readers import open_tables

OWN = "Name,Phone\nAnn Example,+12025550101\n"
FOREIGN = "Name,Phone\nForeign Person,+12025550199\n"
SLOWEST_S = 10.0


def swap(path: Path, foreign: Path, is_over: threading.Event) -> None:
    """Put a link to the foreign file, a pipe, and the own file into a place, in turn, until it is over."""
    chance = random.Random(1)  # noqa: S311 - repeatable, no secret
    spare = path.with_suffix(".spare")
    while not is_over.is_set():
        spare.symlink_to(foreign)
        spare.replace(path)
        os.mkfifo(spare)
        spare.replace(path)
        spare.write_text(OWN, "utf-8")
        spare.replace(path)
        time.sleep(chance.uniform(0, 0.05))


def race(folder: Path, times: int) -> dict[str, int]:
    """Read the list so often; how often it was read and refused.

    Raises:
        AssertionError: a foreign byte was read, or an attempt took longer than 10 s.
    """
    path, foreign = folder / "list.csv", folder / "foreign.csv"
    path.write_text(OWN, "utf-8")
    foreign.write_text(FOREIGN, "utf-8")
    counts = {"read": 0, "refused": 0}
    is_over = threading.Event()
    swapping = threading.Thread(target=swap, args=(path, foreign, is_over), daemon=True)
    swapping.start()
    try:
        for _ in range(times):
            began = time.monotonic()
            try:
                (table,) = open_tables(path, path.name, None)
                cells = [str(chunk.rows()) for chunk in table.chunks(100)]
                assert cells, "a list without rows"
                assert "Foreign" not in "".join(cells), "a foreign file was read"
                counts["read"] += 1
            except ReadError:
                counts["refused"] += 1
                time.sleep(0.002)  # or most would see the pipe, which lies there longer than the link
            assert time.monotonic() - began < SLOWEST_S, "something was waited for"
    finally:
        is_over.set()
        swapping.join(10)
    return counts


def report(times: int) -> str:
    """The race in a folder of its own; its figure."""
    with tempfile.TemporaryDirectory() as folder:
        counts = race(Path(folder), times)
    return f"{times:,} openings while the file was swapped: {counts}; 0 foreign bytes, 0 waits"


def main() -> None:
    """As often as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10_000)
    print(report(parser.parse_args().times))


if __name__ == "__main__":
    main()
