"""``importer verify``: look again for what is unconfirmed."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, Run, Yes, logged, takes


@logged
@takes("region", "account", "runs")
def verify(  # noqa: PLR0913 - one parameter an option
    run: Run,
    *,
    verify_requests: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Requests that reading back may take (default: 300).")
    ] = None,
    rebuild_ledger: Annotated[
        bool,
        typer.Option(
            "--rebuild-ledger",
            help="Where the ledger is lost or older than the run: book again what the run's files prove, look for the "
            "rest in the account, and leave unconfirmed what neither shows.",
        ),
    ] = False,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="PHONE",
            help="A number of yours that is not in the account. Where nothing else shows that the account's list is up "
            "to date, a contact with it is made, looked for and deleted. Asks before.",
        ),
    ] = None,
    yes: Yes = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Settle what a run could not confirm by reading the account back, and look for what was confirmed.

    Sends no contact of the run. What certainly is not in the account becomes not-sent: importer resume RUN sends it.
    """
    from importer.cli.verify import verify_one

    raise typer.Exit(
        verify_one(run, flags, verify_requests, control, rebuilds=rebuild_ledger, is_sure=yes, as_json=json)
    )
