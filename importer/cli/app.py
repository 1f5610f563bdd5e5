"""The commands and their options. What a command needs is imported when it runs, so that ``--help`` is immediate."""

import atexit
import gc
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from importer import __version__
from importer.cli import contacts
from importer.cli.contacts import BaseUrl, Target
from importer.cli.text import printable
from importer.errors import ImporterError, UsageError

_INTERRUPTED = 130  # as shells have it: 128 and SIGINT

app = typer.Typer(
    name="importer",
    help="Contact lists from spreadsheets into a Contacts API, with an account of every row.",
    epilog="Try it without an account: importer run contacts.csv --region US --sandbox",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="CSV, TSV, xlsx, xls, xlsb, ods, vCard, JSON or Parquet; several at once."),
]
Region = Annotated[
    str | None,
    typer.Option(
        metavar="CC", help="Country of numbers written without one: US, GB, DE ... A country column beats it."
    ),
]
MapTo = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help="Which column fills phone, first_name, last_name, full_name, email, country or consent. "
        "Repeat it; several for phone are tried in order; nothing after the = leaves a field out.",
    ),
]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help="Only this sheet of a workbook.")]
Profile = Annotated[
    Path | None, typer.Option(metavar="JOB.TOML", help="Settings from a TOML file; flags and environment beat it.")
]
BatchSize = Annotated[
    int | None, typer.Option(metavar="N", help="Contacts in a request, at most 10,000 (the default).")
]
Runs = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of runs and their ledger (default: runs).")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its folder, or: latest")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout, and nothing else there.")]


@app.callback(invoke_without_command=True)
def root(*, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Contact lists from spreadsheets into a Contacts API, with an account of every row."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def run(  # noqa: PLR0913 - one parameter an option
    files: Files,
    *,
    region: Region = None,
    map_to: MapTo = None,
    sheet: Sheet = None,
    profile: Profile = None,
    suppress: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Numbers that must never be sent, any format that can be imported."),
    ] = None,
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
    sandbox: Annotated[
        bool | None, typer.Option("--sandbox", help="Import into an embedded local API: no account needed.")
    ] = None,
    dry_run: Annotated[bool | None, typer.Option("--dry-run", help="All but the sending.")] = None,
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
        int | None, typer.Option(metavar="N", help="Requests that reading the account may take (default: 300).")
    ] = None,
    snapshot: Annotated[
        bool | None,
        typer.Option(
            "--snapshot",
            help="Read the account's list before sending, and send nothing that it has; refused where it is too large.",
        ),
    ] = None,
    quiet_time: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds to wait after a lost answer before reading back.")
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

    Exit codes: 0 every row imported or skipped; 2 wrong usage; 3 finished, with errored rows; 4 stopped or unconfirmed,
    resumable; 5 refused before sending; 6 the API refuses the key.
    """
    from importer.cli.running import import_files

    flags = _given(
        region=region,
        map=_mapping(map_to),
        sheet=sheet,
        suppress=suppress,
        keep=keep,
        on_existing=on_existing,
        sandbox=sandbox,
        dry_run=dry_run,
        base_url=base_url,
        target=target,
        ca_file=ca_file,
        private_network=private_network,
        batch_size=batch_size,
        in_flight=in_flight,
        verify=verify,
        verify_requests=verify_requests,
        snapshot=snapshot,
        quiet_time=quiet_time,
        max_error_rate=max_error_rate,
        full_workbooks=full_workbooks,
        max_memory=max_memory,
        runs=runs,
    )
    raise typer.Exit(import_files(files, flags, profile, as_json=json, forgets=forget_answers))


@app.command()
def inspect(  # noqa: PLR0913 - one parameter an option
    files: Files,
    *,
    region: Region = None,
    map_to: MapTo = None,
    sheet: Sheet = None,
    profile: Profile = None,
    batch_size: BatchSize = None,
    runs: Runs = None,
) -> None:
    """Show how files are understood and what an import would do. Sends nothing, writes nothing."""
    from importer.cli.inspecting import inspect_files

    flags = _given(region=region, map=_mapping(map_to), sheet=sheet, batch_size=batch_size, runs=runs)
    inspect_files(files, flags, profile)


@app.command()
def convert(
    files: Files,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the CSV files go.")],
    sheet: Sheet = None,
) -> None:
    """Write each file as plain CSV, read exactly as an import would read it: UTF-8, comma, header first, all text."""
    from importer.cli.converting import convert_files

    convert_files(files, out, sheet)


@app.command()
def resume(
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
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Go on where a run stopped. What was sent is never sent again blindly."""
    from importer.cli.running import resume_run

    raise typer.Exit(resume_run(run, _given(runs=runs), is_forced=repost_anyway, as_json=json))


@app.command()
def verify(  # noqa: PLR0913 - one parameter an option
    run: Run,
    *,
    verify_requests: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Requests that reading back may take (default: 300).")
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="PHONE",
            help="A number of yours that is not in the account. Where nothing else shows that the account's list is up "
            "to date, a contact with it is made, looked for and deleted. Asks before.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can answer.")] = False,
    region: Region = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Settle what a run could not confirm by reading the account back, and look for what was confirmed.

    Sends no contact of the run. What certainly is not in the account becomes not-sent: importer resume RUN sends it.
    """
    from importer.cli.verifying import verify_one

    flags = _given(region=region, runs=runs)
    raise typer.Exit(verify_one(run, flags, verify_requests, control, is_sure=yes, as_json=json))


@app.command()
def retry(
    run: Run,
    fixed: Annotated[Path, typer.Argument(metavar="FIXED_FILE", help="The run's retry file, corrected.")],
    *,
    region: Region = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """Import the corrected rows of a run's retry file, as that run was imported, and credit that run."""
    from importer.cli.running import retry_run

    raise typer.Exit(retry_run(run, fixed, _given(region=region, runs=runs), as_json=json))


@app.command()
def trace(
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="A number in any spelling.")],
    *,
    region: Region = None,
    runs: Runs = None,
    json: Json = False,
) -> None:
    """All that ever happened to one number: every row that had it, every request that carried it, every undo."""
    from importer.cli.tracing import show_trace

    raise typer.Exit(show_trace(phone, _given(region=region, runs=runs), as_json=json))


@app.command()
def undo(  # noqa: PLR0913 - one parameter an option
    run: Run,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can answer.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    list_requests: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Requests that reading the account may take (default: 300).")
    ] = None,
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
        undo_run(run, _given(runs=runs), is_sure=yes, is_dry_run=dry_run, list_requests=list_requests, as_json=json)
    )


@app.command()
def report(run: Run, *, runs: Runs = None, json: Json = False) -> None:
    """Write a run's reports again from what is known of it. Sends nothing."""
    from importer.cli.running import report_run

    raise typer.Exit(report_run(run, _given(runs=runs), as_json=json))


@app.command(name="runs")
def list_runs(*, runs: Runs = None) -> None:
    """List the runs, newest last."""
    from importer.cli.listing import print_runs

    print_runs(_given(runs=runs))


@app.command()
def doctor(  # noqa: PLR0913 - one parameter an option
    *,
    write_check: Annotated[
        str | None,
        typer.Option(
            metavar="PHONE", help="Also write: create, post, read and delete one number of yours. Asks before."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can answer.")] = False,
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

    flags = _given(region=region, base_url=base_url, target=target, runs=runs)
    raise typer.Exit(run_doctor(flags, write_check, is_sure=yes, as_json=json))


app.add_typer(contacts.group, name="contacts")


@app.command()
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


def main() -> NoReturn:
    """The console script: every way out is an exit code and at most one clear message."""
    gc.set_threshold(100_000, 50, 100)  # imports and long lists make many objects at once, and hardly a cycle
    atexit.register(gc.freeze)  # what is left goes with the process: nobody needs to look for cycles in it
    os.umask(0o077)  # contact lists are people's data: what is written is for its owner alone
    try:
        exit_code = app(standalone_mode=False) or 0
    except ImporterError as error:
        _fail(str(error), error.exit_code)
    except TyperException as error:
        if not error.format_message():  # no arguments: the help was shown
            sys.exit(UsageError.exit_code)
        context: typer.Context | None = getattr(error, "ctx", None)
        where = "importer" if context is None else context.command_path
        _fail(f"{error.format_message()} See: {where} --help", UsageError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        exit_code = _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output has gone
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a traceback may hold people's data
        *_, place = traceback.extract_tb(error.__traceback__)
        _fail(f"This is a bug: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}.", 1)
    if exit_code == _INTERRUPTED:
        _fail("Stopped.", _INTERRUPTED)
    sys.exit(exit_code)


def _fail(message: str, exit_code: int) -> NoReturn:
    typer.echo(f"importer: {printable(message)}", err=True)
    sys.exit(exit_code)


def _given(**flags: Any) -> dict[str, Any]:
    """The flags that the user gave; the others are left to environment, profile and defaults."""
    return {name: value for name, value in flags.items() if value is not None}


def _mapping(pairs: list[str] | None) -> dict[str, list[str]] | None:
    if pairs is None:
        return None
    mapping: dict[str, list[str]] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals:
            raise UsageError(f'--map {pair}: write it as FIELD=COLUMN, such as --map phone="Mobile Phone".')
        mapping.setdefault(field.strip(), []).extend([column] if column else [])
    return mapping
