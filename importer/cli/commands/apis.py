"""Commands about the API itself: is it fit for an import, and a local one to rehearse against."""

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.options import BaseUrl, Json, Region, Runs, Target, Yes, given


def doctor(  # noqa: PLR0913 - one parameter an option
    *,
    write_check: Annotated[
        str | None,
        typer.Option(
            metavar="PHONE", help="Also write: create, post, read and delete one number of yours. Asks before."
        ),
    ] = None,
    yes: Yes = False,
    region: Region = None,
    base_url: BaseUrl = None,
    target: Target = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Look whether key, API, limits, clock, folder and ledger are fit for an import. Changes nothing unless asked to.

    Exit codes: 0 nothing failed; 2 something did.
    """
    from importer.cli.examining import run_doctor

    flags = given(region=region, base_url=base_url, target=target, runs=runs)
    raise typer.Exit(run_doctor(flags, write_check, is_sure=yes, as_json=json))


def sandbox(
    *,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8787,
    db: Annotated[Path, typer.Option(metavar="FILE", help="Where its contacts are kept.")] = Path("sandbox.sqlite"),
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Switches and faults from a file; --set beats it.")
    ] = None,
    switch: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SWITCH=VALUE", help="Behave otherwise than documented; see the README."),
    ] = None,
) -> None:
    """Run the local API alone, to rehearse an import against. Ctrl-C ends it."""
    from importer.cli.serving import serve_sandbox

    serve_sandbox(port, db, scenario, switch or [])
