"""``convert``: files as plain CSV."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from importer.cli.loudness import is_quiet
from importer.cli.text import printable
from importer.pipeline.convert import convert
from importer.pipeline.plan import check_files, named
from importer.settings.settings import shown_name


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A file that was written, with remarks on what was malformed or no row of the list."""

    file: str
    remarks: list[str]


def convert_files(files: list[Path], out: Path, sheet: str | None, *, as_json: bool) -> None:
    """Carry out ``importer convert``: the files written on stdout, what was malformed on stderr.

    Raises:
        ReadError: a file cannot be read; all others were written, and are in the JSON.
    """
    check_files(files)
    written: list[ConvertedFile] = []
    try:
        for target, malformed in convert(named(files), out, sheet):
            written.append(ConvertedFile(shown_name(str(target)), malformed))
            if not as_json:
                sys.stdout.write(f"{printable(str(target))}\n")
                sys.stderr.writelines(f"{printable(line)}\n" for line in ([] if is_quiet() else malformed))
    finally:
        if as_json:
            sys.stdout.write(json.dumps([asdict(one) for one in written], indent=2) + "\n")
