"""Commands on earlier runs: go on, look again, correct, undo, tell."""

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.options import Account, Json, MoreSuppress, Region, Run, Runs, Yes, given


def resume(  # noqa: PLR0913 - one parameter an option
    run: Run,
    *,
    repost_anyway: Annotated[
        bool,
        typer.Option(
            "--repost-anyway",
            help="Send again what stays in doubt, although it may then be in the account twice; its rows say "
            "maybe_duplicated for ever.",
        ),
    ] = False,
    account: Account = None,
    suppress: MoreSuppress = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Go on where a run stopped. What was sent is never sent again blindly; suppression lists hold as they are now."""
    from importer.cli.running import resume_run

    flags = given(account=account, runs=runs, suppress=suppress)
    raise typer.Exit(resume_run(run, flags, is_forced=repost_anyway, as_json=json))


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
    region: Region = None,
    account: Account = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Settle what a run could not confirm by reading the account back, and look for what was confirmed.

    Sends no contact of the run. What certainly is not in the account becomes not-sent: importer resume RUN sends it.
    """
    from importer.cli.verifying import verify_one

    flags = given(region=region, account=account, runs=runs)
    raise typer.Exit(
        verify_one(run, flags, verify_requests, control, rebuilds=rebuild_ledger, is_sure=yes, as_json=json)
    )


def retry(  # noqa: PLR0913 - one parameter an option
    run: Run,
    fixed: Annotated[Path, typer.Argument(metavar="FIXED_FILE", help="The run's retry file, corrected.")],
    *,
    region: Region = None,
    account: Account = None,
    suppress: MoreSuppress = None,
    send: Annotated[
        bool | None,
        typer.Option(
            "--send/--dry-run",
            help="Send, or only say what would be sent (default: as the run did, a dry run stays dry).",
        ),
    ] = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Import the corrected rows of a run's retry file, as that run was imported, and credit that run.

    Rows of which no cell was changed are not sent again.
    """
    from importer.cli.running import retry_run

    dry_run = None if send is None else not send
    flags = given(region=region, account=account, suppress=suppress, dry_run=dry_run, runs=runs)
    raise typer.Exit(retry_run(run, fixed, flags, as_json=json))


def trace(
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="A number in any spelling.")],
    *,
    region: Region = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """All that ever happened to one number: every row that had it, every request that carried it, every undo."""
    from importer.cli.tracing import show_trace

    raise typer.Exit(show_trace(phone, given(region=region, runs=runs), as_json=json))


def undo(  # noqa: PLR0913 - one parameter an option
    run: Run,
    *,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    list_requests: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Requests that reading the account may take (default: 300).")
    ] = None,
    account: Account = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Delete the contacts that a run created, and say what was kept or could not be. Asks before.

    Only contacts that are certainly of this run and still as it sent them are deleted. It can be stopped and run again.

    Exit codes: 0 all that can be undone is; 3 some contacts could not be deleted; 4 stopped, run it again; 5 nobody
    said yes.
    """
    from importer.cli.undoing import undo_run

    raise typer.Exit(
        undo_run(
            run,
            given(account=account, runs=runs),
            is_sure=yes,
            is_dry_run=dry_run,
            list_requests=list_requests,
            as_json=json,
        )
    )


def report(run: Run, *, runs: Runs = None, json: Json = False) -> None:
    """Write a run's reports again from what is known of it. Sends nothing."""
    from importer.cli.running import report_run

    raise typer.Exit(report_run(run, given(runs=runs), as_json=json))


def list_runs(*, runs: Runs = None) -> None:
    """List the runs, newest last."""
    from importer.cli.listing import print_runs

    print_runs(given(runs=runs))
