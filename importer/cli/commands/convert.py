"""``importer convert``: write files plainly."""

from pathlib import Path
from typing import Annotated, Any

import typer

from importer.cli.options import Files, Json, takes


@takes("sheet")
def convert(
    files: Files,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the CSV files go.")],
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Write each file as plain CSV, read exactly as an import would read it: UTF-8, comma, header first, all text."""
    from importer.cli.convert import convert_files

    convert_files(files, out, flags.get("sheet"), as_json=json)
