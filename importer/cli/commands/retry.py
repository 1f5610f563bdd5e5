"""``importer retry``: send what was decided on a run's rows."""

from pathlib import Path
from typing import Annotated, Any

import typer

from importer.cli.options import As, Json, MoreSuppress, Run, logged, takes


@logged
@takes("region", "account", "runs")
def retry(  # noqa: PLR0913 - one parameter an option
    run: Run,
    fixed: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FIXED_FILE]", help="The run's retry file or marked copy, corrected.", show_default=False
        ),
    ] = None,
    *,
    flags: dict[str, Any],
    suppress: MoreSuppress = None,
    who: As = None,
    send: Annotated[
        bool | None,
        typer.Option(
            "--send/--dry-run",
            help="Send, or only say what would be sent (default: as the run did, a dry run stays dry).",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Send the decided rows of a run, imported as that run was, and credit that run.

    What was corrected in FIXED_FILE is decided first; without it, what was decided before is sent. No other row is.
    """
    from importer.cli.run import retry_run

    given = flags if suppress is None else flags | {"suppress": suppress}
    given = given if send is None else given | {"dry_run": not send}
    raise typer.Exit(retry_run(run, fixed, given, who, as_json=json))
