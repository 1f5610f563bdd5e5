"""``importer review``: the reviewers' desk."""

from typing import Annotated, Any

import typer

from importer.cli.options import takes


@takes("runs")
def review(  # noqa: PLR0913 - one parameter an option
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="A run's id, its folder, or: latest")] = "latest",
    *,
    flags: dict[str, Any],
    who: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Whose work it is (default: the system's user).")
    ] = None,
    masked: Annotated[bool, typer.Option("--masked", help="Show nobody's data: for a shared screen.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Look only.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address, and open no browser.")] = False,
) -> None:
    """Open the desk in a browser: see and search every row of a run, on this machine only. Sends nothing by itself."""
    from importer.cli.review import serve_desk

    raise typer.Exit(serve_desk(run, flags, who=who, is_masked=masked, is_read_only=read_only, opens=not no_open))
