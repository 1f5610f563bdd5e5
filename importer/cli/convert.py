"""``convert``: files as plain CSV."""

import sys
from pathlib import Path

from importer.cli.text import printable
from importer.pipeline.convert import convert
from importer.pipeline.plan import check_files, named


def convert_files(files: list[Path], out: Path, sheet: str | None) -> None:
    """Carry out ``importer convert``: the files written on stdout, what was malformed on stderr."""
    check_files(files)
    for target, malformed in convert(named(files), out, sheet):
        sys.stdout.write(f"{printable(str(target))}\n")
        for line in malformed:
            sys.stderr.write(f"{printable(line)}\n")
