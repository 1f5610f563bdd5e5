"""``importer compare``: two runs side by side."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, Run, takes


@takes("runs")
def compare(
    run: Run,
    other: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="A second run (default: its dry run, or the list's run before)."),
    ] = None,
    *,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Compare two runs: reasons, sources inside the list, and the rows that ended otherwise. Sends nothing."""
    from importer.cli.compare import show_comparison

    raise typer.Exit(show_comparison(run, other, flags, as_json=json))
