"""Commands that take files: import them, look at them, write them plainly."""

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.options import (
    Account,
    BaseUrl,
    BatchSize,
    Files,
    Json,
    MapTo,
    Profile,
    Region,
    Runs,
    Sheet,
    Suppress,
    Target,
    given,
    mapped,
)


def run(  # noqa: PLR0913 - one parameter an option
    files: Files,
    *,
    region: Region = None,
    map_to: MapTo = None,
    sheet: Sheet = None,
    profile: Profile = None,
    suppress: Suppress = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="first|last|most-complete|merge",
            help="Which row of a number survives; merge: the first, its empty fields filled from the others.",
        ),
    ] = None,
    on_existing: Annotated[
        str | None,
        typer.Option(
            metavar="skip|update",
            help="Contacts that the account has already: leave them, or update them (a request for each).",
        ),
    ] = None,
    skip_unreadable: Annotated[
        bool | None,
        typer.Option(
            "--skip-unreadable",
            help="Leave out files that cannot be read, where others can; without it nothing is sent then.",
        ),
    ] = None,
    sandbox: Annotated[
        bool | None, typer.Option("--sandbox", help="Import into an embedded local API: no account needed.")
    ] = None,
    dry_run: Annotated[bool | None, typer.Option("--dry-run", help="All but the sending.")] = None,
    account: Account = None,
    base_url: BaseUrl = None,
    target: Target = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pem", help="Certificates of an authority of your own that signed the API's."),
    ] = None,
    private_network: Annotated[
        bool | None, typer.Option("--private-network", help="The API's address may lie inside a private network.")
    ] = None,
    batch_size: BatchSize = None,
    in_flight: Annotated[int | None, typer.Option(metavar="N", help="Batches under way at once (default: 1).")] = None,
    verify: Annotated[
        str | None,
        typer.Option(
            metavar="auto|never|always",
            help="Settle what is unconfirmed by reading the account back (auto); always: look, too, whether what the "
            "API confirmed is there.",
        ),
    ] = None,
    verify_requests: Annotated[
        int | None,
        typer.Option(metavar="N", help="Requests that reading the account, or --exact, may take (default: 300)."),
    ] = None,
    exact: Annotated[
        bool | None,
        typer.Option(
            "--exact",
            help="One contact a request, so that every answer settles its row; says first how many hours that takes, "
            "and is refused where it is more than --verify-requests.",
        ),
    ] = None,
    snapshot: Annotated[
        bool | None,
        typer.Option(
            "--snapshot",
            help="Read the account's list before sending, and send nothing that it has; refused where it is too large.",
        ),
    ] = None,
    quiet_time: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="Seconds until no lost request arrives late any more, and until the account's list shows what did.",
        ),
    ] = None,
    max_error_rate: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Send nothing where more than this share of rows is errored, such as 0.2."),
    ] = None,
    full_workbooks: Annotated[
        bool | None, typer.Option("--full-workbooks", help="Every row in the workbooks, not only the first 5,000.")
    ] = None,
    forget_answers: Annotated[
        bool,
        typer.Option("--forget-answers", help="Forget what was answered before for lists with these headers."),
    ] = False,
    max_memory: Annotated[
        int | None,
        typer.Option(
            metavar="MB", help="Memory that the import may take, 512 at least (default: a quarter of the machine's)."
        ),
    ] = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Import files and account for every row.

    The API key comes from VOXPRIA_API_KEY, or from the file that VOXPRIA_API_KEY_FILE names.

    Exit codes: 0 every row imported or skipped; 2 wrong usage; 3 finished, with errored rows or files left out;
    4 stopped or unconfirmed, resumable; 5 refused before sending; 6 the API refuses the key.
    """
    from importer.cli.running import import_files

    flags = given(
        region=region,
        map=mapped(map_to),
        sheet=sheet,
        suppress=suppress,
        keep=keep,
        on_existing=on_existing,
        skip_unreadable=skip_unreadable,
        sandbox=sandbox,
        dry_run=dry_run,
        account=account,
        base_url=base_url,
        target=target,
        ca_file=ca_file,
        private_network=private_network,
        batch_size=batch_size,
        in_flight=in_flight,
        verify=verify,
        verify_requests=verify_requests,
        exact=exact,
        snapshot=snapshot,
        quiet_time=quiet_time,
        max_error_rate=max_error_rate,
        full_workbooks=full_workbooks,
        max_memory=max_memory,
        runs=runs,
    )
    raise typer.Exit(import_files(files, flags, profile, as_json=json, forgets=forget_answers))


def inspect(  # noqa: PLR0913 - one parameter an option
    files: Files,
    *,
    region: Region = None,
    map_to: MapTo = None,
    sheet: Sheet = None,
    profile: Profile = None,
    suppress: Suppress = None,
    batch_size: BatchSize = None,
    runs: Runs = None,
) -> None:
    """Show how files are understood and what an import would do. Sends nothing, writes nothing."""
    from importer.cli.inspecting import inspect_files

    flags = given(region=region, map=mapped(map_to), sheet=sheet, suppress=suppress, batch_size=batch_size, runs=runs)
    inspect_files(files, flags, profile)


def convert(
    files: Files,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the CSV files go.")],
    sheet: Sheet = None,
) -> None:
    """Write each file as plain CSV, read exactly as an import would read it: UTF-8, comma, header first, all text."""
    from importer.cli.converting import convert_files

    convert_files(files, out, sheet)
