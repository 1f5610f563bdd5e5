"""``importer find``: a person over all runs."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, takes


@takes("runs")
def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A name, an e-mail address or a number.")],
    *,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Find a person in every run: each row with its outcome and why, the newest run first. Sends nothing."""
    from importer.cli.find import show_found

    raise typer.Exit(show_found(text, flags, as_json=json))
