"""``importer purge``: old runs' rows and bodies, out of everything that was written."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, Yes, takes


@takes("runs")
def purge(
    *,
    older_than: Annotated[str, typer.Option("--older-than", metavar="90d", help="Age of the runs: 90d, 12w.")],
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Delete the rows and bodies of settled runs, and what jobs have filed of them; keep figures, hashes and trends.

    What was sent is still not sent again. Asks before; it can be stopped and run again.

    Exit codes: 0 done; 4 something is left, and why; 5 nobody said yes.
    """
    from importer.cli.purge import purge_runs

    raise typer.Exit(purge_runs(older_than, flags, is_sure=yes, is_dry_run=dry_run, as_json=json))
