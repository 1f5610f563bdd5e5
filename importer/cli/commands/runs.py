"""``importer runs``: list the runs."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, takes


@takes("runs")
def runs(
    *,
    last: Annotated[int | None, typer.Option("--last", metavar="N", min=1, help="Only the last N.")] = None,
    list_: Annotated[
        str | None, typer.Option("--list", metavar="TEXT", help="Only those of a list with this in its name.")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="Write index.html, the history of all lists, anew.")] = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """List the runs, newest last."""
    from importer.cli.runs import print_runs

    print_runs(flags, last=last, named=list_, as_json=json, writes_page=html)
