"""The child process that reads a Parquet file before the import: ``python -m importer.readers.parquet_proof PATH``.

Its exit code is 0 if every value of the file can be read within the limits.
"""

import signal
import sys

import polars as pl

from importer.system.limits import limit

_ROWS = 50_000


def main() -> None:
    """Read every value of the file that the argument names."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches this process too: let it end even within the parser
    limit()
    rows = pl.scan_parquet(sys.argv[1], glob=False)
    for start in range(0, rows.select(pl.len()).collect().item(), _ROWS):
        rows.slice(start, _ROWS).collect()


if __name__ == "__main__":
    main()
