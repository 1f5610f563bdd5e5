"""``importer undo``: delete what a run created."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, Run, Yes, logged, takes


@logged
@takes("account", "runs")
def undo(  # noqa: PLR0913 - one parameter an option
    run: Run,
    *,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    list_requests: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Requests that reading the account may take (default: 300).")
    ] = None,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Delete the contacts that a run created, and say what was kept or could not be. Asks before.

    Only contacts that are certainly of this run and still as it sent them are deleted. It can be stopped and run again.

    Exit codes: 0 all that can be undone is; 3 some contacts could not be deleted; 4 stopped, run it again; 5 nobody
    said yes.
    """
    from importer.cli.undo import undo_run

    raise typer.Exit(undo_run(run, flags, is_sure=yes, is_dry_run=dry_run, list_requests=list_requests, as_json=json))
