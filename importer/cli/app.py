"""The console script and its ways out."""

import atexit
import gc
import os
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from typer.exceptions import TyperException

from importer import __version__
from importer.cli import catalogue, streams
from importer.cli.text import print_wrapped
from importer.errors import ImporterError, UsageError, of_system
from importer.system.limits import leave_no_core_file

_INTERRUPTED = 130  # as shells have it: 128 and SIGINT

app = typer.Typer(
    name="importer",
    cls=catalogue.Catalogue,
    help="Contact lists from spreadsheets into a Contacts API, with an account of every row.",
    epilog="Try it without an account: importer run contacts.csv --region US --sandbox",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def root(*, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Contact lists from spreadsheets into a Contacts API, with an account of every row."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> NoReturn:
    """Run the command line; every way out is an exit code and at most one clear message."""
    atexit.register(gc.freeze)  # what is left goes with the process: nobody needs to look for cycles in it
    os.umask(0o077)  # contact lists are people's data: what is written is for its owner alone
    leave_no_core_file()
    streams.take_over()  # before anything is opened: a file could get the number of a closed stdout
    if "_IMPORTER_COMPLETE" in os.environ:  # a shell asks what fits; the library learns of shells only where one does
        from typer._completion_classes import completion_init  # noqa: PLC0415 - for shells alone

        completion_init()
    exit_code, message = _carried_out()
    if message:
        print_wrapped(Console(stderr=True), f"importer: {message}")
    streams.tell_losses(is_for_people="--json" not in sys.argv)
    sys.exit(exit_code)


def _carried_out() -> tuple[int, str]:
    """Carry out what was typed; return the exit code and a message, empty if there is none."""
    try:
        return app(standalone_mode=False, complete_var="_IMPORTER_COMPLETE") or 0, ""
    except ImporterError as error:
        return error.exit_code, str(error)
    except TyperException as error:
        if not error.format_message():  # no arguments: the help was shown
            return UsageError.exit_code, ""
        context: typer.Context | None = getattr(error, "ctx", None)
        where = "importer" if context is None else context.command_path
        return UsageError.exit_code, f"{error.format_message()} See: {where} --help"
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED, "Stopped."
    except Exception as error:  # noqa: BLE001 - the last line of defence: a traceback may hold people's data
        return _unforeseen(error)


def _unforeseen(error: Exception) -> tuple[int, str]:
    """Return exit code and words for what nothing else caught; a file that the system refuses is no bug."""
    if refused := of_system(error):
        return refused.exit_code, str(refused)
    from importer.cli import bugs  # noqa: PLC0415 - for a start that ends here alone

    return 1, bugs.told(error, catalogue.names())
