"""``importer trace``: what happened to a number."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, takes


@takes("region", "runs")
def trace(
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="A number in any spelling.")],
    *,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """All that ever happened to one number: every row that had it, every request that carried it, every undo."""
    from importer.cli.trace import show_trace

    raise typer.Exit(show_trace(phone, flags, as_json=json))
