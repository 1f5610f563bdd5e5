"""``importer doctor``: is the API, and this machine, fit for an import."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, Yes, takes


@takes("region", "base_url", "target", "runs")
def doctor(
    *,
    write_check: Annotated[
        str | None,
        typer.Option(
            metavar="PHONE", help="Also write: create, post, read and delete one number of yours. Asks before."
        ),
    ] = None,
    yes: Yes = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Look whether key, API, limits, clock, folder and ledger are fit for an import. Changes nothing unless asked to.

    Exit codes: 0 nothing failed; 2 something did.
    """
    from importer.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(flags, write_check, is_sure=yes, as_json=json))
