"""``importer sandbox``: a local API to rehearse against."""

from pathlib import Path
from typing import Annotated

import typer


def sandbox(
    *,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8787,
    db: Annotated[Path, typer.Option(metavar="FILE", help="Where its contacts are kept.")] = Path("sandbox.sqlite"),
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Switches and faults from a file; --set beats it.")
    ] = None,
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="SWITCH=VALUE", help="Behave otherwise than documented; see: importer docs sandbox."
        ),
    ] = None,
) -> None:
    """Run the local API alone, to rehearse an import against. Ctrl-C ends it."""
    from importer.cli.sandbox import serve_sandbox

    serve_sandbox(port, db, scenario, switch or [])
