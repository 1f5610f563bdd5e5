"""The floor: polars reading the same CSV, encoding the same JSON and writing the same row files, and nothing else.

``python -m tests.bench.floor CLEAN_CSV RUN_FOLDER OUT`` prints the seconds of each as JSON. What a run found out is
read from its ``rows.parquet``, and neither that nor the start of the process is counted. The CSV is the list without
its rows with a stray quote, because those end polars' reading of the whole list.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import polars as pl

BATCH_SIZE = 10_000
_NAMES = {"phone": "phone", "first_name": "firstName", "last_name": "lastName", "email": "email"}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def main(clean: Path, run: Path, out: Path) -> None:
    """Measure and print."""
    rows = pl.read_parquet(run / "rows.parquet")
    sent = rows.filter(pl.col("batch").is_not_null())
    seconds = {
        "read": _timed(lambda: pl.read_csv(clean, infer_schema=False, truncate_ragged_lines=True)),
        "encode": _timed(lambda: [_body(contacts) for contacts in sent.iter_slices(BATCH_SIZE)]),
        "rows.parquet": _timed(lambda: rows.write_parquet(out / "rows.parquet", compression="zstd")),
        "csv": _timed(lambda: _write_csv(rows, out)),
    }
    print(json.dumps(seconds))


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and on the processors."""
    start, cpu = perf_counter(), process_time()
    work()
    return perf_counter() - start, process_time() - cpu


def _body(contacts: pl.DataFrame) -> bytes:
    texts = [
        pl.concat_str(pl.lit(f'"{wire}":"'), pl.col(name).str.replace_many(_ESCAPES), pl.lit('"'))
        for name, wire in _NAMES.items()
    ]
    members = pl.concat_str(*texts, pl.concat_str(pl.lit('"metadata":'), "metadata"), separator=",", ignore_nulls=True)
    objects = pl.concat_str(pl.lit("{"), members, pl.lit("}"))
    listed: bytes = contacts.select(objects.str.join(",").cast(pl.Binary)).item()
    return b'{"contacts":[%s]}' % listed


def _write_csv(rows: pl.DataFrame, out: Path) -> None:
    """The columns of ``imported.csv`` and its like, for each outcome."""
    ours = ("position", "line", "kept_sheet", "offset")
    shown = rows.select(pl.selectors.starts_with("raw:"), pl.exclude("^raw:.*$", *ours))
    for (outcome,), part in shown.partition_by("outcome", as_dict=True).items():
        part.write_csv(out / f"{outcome}.csv")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
