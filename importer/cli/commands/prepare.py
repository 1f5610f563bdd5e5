"""``importer prepare``: the first half of a run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from importer.cli.options import Files, Json, Profile, logged, takes


@logged
@takes(
    "region",
    "map",
    "sheet",
    "suppress",
    "keep",
    "skip_unreadable",
    "batch_size",
    "max_memory",
    "workers",
    "engine",
    "spark",
)
def prepare(
    files: Files,
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR|URI", help="Where the prepared run goes: a new folder, or s3://….")
    ],
    profile: Profile = None,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Prepare files' rows into a folder that importer send delivers, here or elsewhere. Sends nothing, needs no key.

    Exit codes: 0 every row can be sent or was skipped; 2 wrong usage; 3 some rows are errored; 4 stopped, nothing kept;
    5 a question that nobody answered.
    """
    from importer.cli.prepare import prepare_files

    raise typer.Exit(prepare_files(files, out, flags, profile, as_json=json))
