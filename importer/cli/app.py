"""The console script: the commands by name, and the ways out."""

import atexit
import gc
import inspect as inspect_
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from typer._completion_classes import completion_init
from typer.core import TyperCommand
from typer.exceptions import TyperException

from importer import __version__
from importer.cli import bugs, streams
from importer.cli.commands import (
    approve,
    compare,
    completion,
    contacts,
    convert,
    docs,
    doctor,
    find,
    forget,
    inspect,
    job,
    prepare,
    purge,
    report,
    resume,
    retry,
    review,
    run,
    runs,
    sandbox,
    schema,
    send,
    trace,
    undo,
    verify,
)
from importer.cli.options import voiced
from importer.cli.text import print_wrapped
from importer.errors import ImporterError, UsageError, of_system
from importer.system.limits import leave_no_core_file

_INTERRUPTED = 130  # as shells have it: 128 and SIGINT

app = typer.Typer(
    name="importer",
    help="Contact lists from spreadsheets into a Contacts API, with an account of every row.",
    epilog="Try it without an account: importer run contacts.csv --region US --sandbox",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "run": run.run,
    "inspect": inspect.inspect,
    "convert": convert.convert,
    "prepare": prepare.prepare,
    "send": send.send,
    "resume": resume.resume,
    "approve": approve.approve,
    "verify": verify.verify,
    "retry": retry.retry,
    "review": review.review,
    "find": find.find,
    "trace": trace.trace,
    "undo": undo.undo,
    "forget": forget.forget,
    "purge": purge.purge,
    "report": report.report,
    "runs": runs.runs,
    "compare": compare.compare,
    "doctor": doctor.doctor,
    "sandbox": sandbox.sandbox,
    "docs": docs.docs,
    "schema": schema.schema,
    "completion": completion.completion,
}
"""Every command by its name, in the order of the help."""

_GROUPS = {"contacts": contacts.group, "job": job.group}


class _Command(TyperCommand):
    """A command whose help shows no value for switches, which take none."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, with nothing in place of a switch's value."""
        params = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = " "
        return params


def _reflowed(command: Callable[..., None]) -> str:
    """Return a command's docstring with each paragraph on one line: the terminal breaks it where it is."""
    paragraphs = (inspect_.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


for _name, _command in _COMMANDS.items():
    app.command(_name, cls=_Command, help=_reflowed(_command))(voiced(_command))
for _name, _group in _GROUPS.items():
    for _info in _group.registered_commands:
        if _info.callback is not None:
            _info.cls, _info.help, _info.callback = _Command, _reflowed(_info.callback), voiced(_info.callback)
    app.add_typer(_group, name=_name)


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
    inner = [info for group in _GROUPS.values() for info in group.registered_commands]
    named = [info.name or getattr(info.callback, "__name__", "") for info in inner]
    return 1, bugs.told(error, [*_COMMANDS, *_GROUPS, *named])
