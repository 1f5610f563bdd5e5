"""``importer forget``: a person's data, out of everything that was written."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, Yes, takes


@takes("region", "runs")
def forget(  # noqa: PLR0913 - one parameter an option
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="The person's number in any spelling.")],
    *,
    completely: Annotated[
        bool,
        typer.Option("--completely", help="Keep not even a hash: a later list with the number is imported again."),
    ] = False,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken out.")] = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Take a person's data out of runs, reports, ledger, decisions and what jobs have filed, and search all bytes.

    Rows stay as lines with their outcomes, so that the books balance. A salted hash of the number stays, so that it is
    not imported again. The account itself is not touched. Asks before; it can be stopped and run again.

    Exit codes: 0 nothing is left; 4 something is, and why; 5 nobody said yes.
    """
    from importer.cli.forget import forget_person

    raise typer.Exit(forget_person(phone, flags, is_complete=completely, is_sure=yes, is_dry_run=dry_run, as_json=json))
