"""``python -m tests.torture.engines 1000000``: one, two and three processes prepare the same rows and requests.

Of a list with notes over lines and repeated numbers, into which every few hundred lines something is put that a reader
must judge by what stands around it: quotes that are none, a quote that stays open, blank lines, headers, headings, rows
too short and too long, NULs and lone CRs. Behind it the same in UTF-16 and a workbook. Every row and every request's
body is compared.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from importer.storage.parts import Parts
from importer.targets.bodies import bulk_body
from tests.bench.kinds import like_one_kept_back
from tests.support.process_tree import watched
from tests.support.workbooks import save

_EVERY = 487
_TROUBLE = (
    '"Odd, quoting" here,5\'10" tall,,\n',
    '"never closed,1,2,3\n',
    "\n",
    "\n\nName,Age,Town\n",
    "Emergency contacts,,,,\n",
    "Customers,,,,\n",
    "short\n",
    "far,too,many,cells,in,this,row,,,,,,,,x\n",
    "N\0U\0L,,,\n",
    "lone\rCR,,\n",
    '"a cell\n' + "over many lines,,,,,,\n" * 40 + '",,,\n',
)
_CHUNK_ROWS = {1: 50_000, 2: 20_000, 3: 7_919}
"""Rows at a time, by the number of workers."""
_AT_ONCE = 200_000


def main() -> None:
    """Prepare, compare, print, and end with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        differing = compare(Path(folder), options.rows)
    raise SystemExit(1 if differing else 0)


def compare(folder: Path, rows: int) -> int:
    """Print what each number of workers made; return how many of them differ from the first."""
    files = write_lists(folder, rows)
    made = {}
    for workers, chunk_rows in _CHUNK_ROWS.items():
        out = folder / f"by-{workers}"
        peak_mb = prepare(files, out, workers, chunk_rows)
        parts = Parts(out / "parts", lambda: "")
        made[workers] = list(digests(parts))
        print(
            f"{workers} workers: {sum(parts.rows_by_table().values()):,} rows in {len(parts)} parts, "
            f"{len(parts.batches())} batches, peak {peak_mb or 0:,.0f} MB: "
            f"{'the same' if made[workers] == made[1] else 'OTHERS'}",
            flush=True,
        )
    return sum(each != made[1] for each in made.values())


def write_lists(folder: Path, rows: int) -> list[Path]:
    """Write the lists; return their paths."""
    plain, list_, wide = folder / "plain.csv", folder / "list.csv", folder / "wide.csv"
    like_one_kept_back(plain, rows)
    with plain.open(encoding="utf-8", newline="") as source, list_.open("w", encoding="utf-8", newline="") as target:
        header = next(source)
        target.write(header)
        trouble = (*_TROUBLE, header)  # the header again ends what the others began
        for number, line in enumerate(source):
            target.write(line)
            if number % _EVERY == _EVERY - 1:
                target.write(trouble[number // _EVERY % len(trouble)])
    with list_.open(encoding="utf-8", newline="") as source, wide.open("w", encoding="utf-16", newline="") as target:
        target.writelines(line for line, _ in zip(source, range(rows // 10), strict=False))
    book = folder / "book.xlsx"
    save(book, [["Name", "Phone"], *(["Ann Lee", f"+1415555{number:04}"] for number in range(2_000))])
    plain.unlink()
    return [list_, wide, book]


def prepare(files: list[Path], out: Path, workers: int, chunk_rows: int) -> float | None:
    """Let the importer prepare them; return the peak of its memory in MB."""
    command = [sys.executable, "-m", "importer", "prepare", *map(str, files), "--region", "US", "--out", str(out)]
    environment = os.environ | {"IMPORTER_WORKERS": str(workers), "IMPORTER_CHUNK_ROWS": str(chunk_rows)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process, watched(process) as peak:
        process.wait()
    if process.returncode not in {0, 3}:
        raise SystemExit(f"importer prepare ended with {process.returncode}.")
    return peak.mb


def digests(parts: Parts) -> Iterator[str]:
    """Yield a checksum for every so many rows, and for every request's body."""
    rows = parts.scan()
    for start in range(0, sum(parts.rows_by_table().values()), _AT_ONCE):
        frame = rows.slice(start, _AT_ONCE).collect()
        yield hashlib.sha256(frame.write_csv(null_value="\0").encode()).hexdigest()
    for number in parts.batches():
        batch = parts.batch(number)
        yield hashlib.sha256(bulk_body(batch, {name: name for name in batch.columns}, None)).hexdigest()


if __name__ == "__main__":
    main()
