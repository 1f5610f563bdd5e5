"""``importer retry``: import corrected rows."""

from pathlib import Path
from typing import Annotated, Any

import typer

from importer.cli.options import Json, MoreSuppress, Run, logged, takes


@logged
@takes("region", "account", "runs")
def retry(  # noqa: PLR0913 - one parameter an option
    run: Run,
    fixed: Annotated[Path, typer.Argument(metavar="FIXED_FILE", help="The run's retry file, corrected.")],
    *,
    flags: dict[str, Any],
    suppress: MoreSuppress = None,
    send: Annotated[
        bool | None,
        typer.Option(
            "--send/--dry-run",
            help="Send, or only say what would be sent (default: as the run did, a dry run stays dry).",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Import the corrected rows of a run's retry file, as that run was imported, and credit that run.

    Rows of which no cell was changed are not sent again.
    """
    from importer.cli.run import retry_run

    given = flags if suppress is None else flags | {"suppress": suppress}
    raise typer.Exit(retry_run(run, fixed, given if send is None else given | {"dry_run": not send}, as_json=json))
