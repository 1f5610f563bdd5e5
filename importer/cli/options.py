"""Options of commands: one for each setting that a command takes, in the words of ``importer.settings.wishes``."""

import inspect
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from importer.errors import UsageError
from importer.settings.wishes import WISHES, group

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="CSV, TSV, xlsx, xls, xlsb, ods, vCard, JSON or Parquet; several at once."),
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its folder, or: latest")]
Profile = Annotated[
    Path | None, typer.Option(metavar="JOB.TOML", help="Settings from a TOML file; flags and environment beat it.")
]
MoreSuppress = Annotated[
    list[Path] | None,
    typer.Option(
        "--suppress",
        metavar="FILE",
        help="Numbers that must not be sent either; the lists that the run had are read again by themselves.",
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who decides (default: the user of the operating system)."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can answer.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout, and nothing else there.")]


LogFile = Annotated[
    Path | None, typer.Option("--log-file", metavar="FILE", help="Append a log: a line an event, with run and batch.")
]
LogFormat = Annotated[
    str | None,
    typer.Option("--log-format", metavar="json|text", help="Its form (default: text); alone, the log goes to stderr."),
]


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="On stderr nothing but errors and how to go on.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="On stderr a line an event, as the log has them.")]


def logged(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a log, which holds what it does; it comes before ``takes``."""

    @wraps(command)
    def with_log(*, log_file: Path | None = None, log_format: str | None = None, **values: Any) -> None:
        from importer.cli.log import logging_to  # noqa: PLC0415 - for commands that are carried out alone

        with logging_to(log_file, log_format):
            command(**values)

    return _with_options(command, with_log, log_file=(LogFile, None), log_format=(LogFormat, None))


def voiced(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how much it tells; every command has them."""

    @wraps(command)
    def with_voice(*, quiet: bool = False, verbose: bool = False, **values: Any) -> None:
        from importer.cli.loudness import speaking  # noqa: PLC0415

        with speaking(quiet=quiet, verbose=verbose):
            command(**values)

    return _with_options(command, with_voice, quiet=(Quiet, False), verbose=(Verbose, False))


def _with_options(
    command: Callable[..., None], wrapper: Callable[..., None], **options: tuple[Any, Any]
) -> Callable[..., None]:
    """Return the wrapper of a command with the command's parameters and options more, each with type and default."""
    signature = inspect.signature(command)
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        *signature.parameters.values(),
        *(inspect.Parameter(name, kind, default=default, annotation=of) for name, (of, default) in options.items()),
    ]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return wrapper


@cache
def option(name: str) -> Any:
    """Return the type of a command's parameter for a setting: None if the user does not give it."""
    wish = WISHES[name]
    flag = f"--{name.replace('_', '-')}"
    shown = typer.Option(flag, metavar=wish.metavar or None, help=wish.text, rich_help_panel=group(name))
    return Annotated[wish.kind | None, shown]


def takes(*settings: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each of these settings, in place of its parameter ``flags``.

    The command gets those that the user gave as ``flags``, by the names of the settings. What is not given is left out,
    so that environment, profile and defaults still count.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_flags(**values: Any) -> None:
            flags = {name: value for name in settings if (value := values.pop(name)) is not None}
            if "map" in flags:
                flags["map"] = _mapped(flags["map"])
            command(**values, flags=flags)

        signature = inspect.signature(command)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            if parameter.name == "flags":
                kind = inspect.Parameter.KEYWORD_ONLY
                parameters += [inspect.Parameter(n, kind, default=None, annotation=option(n)) for n in settings]
            else:
                parameters.append(parameter)
        with_flags.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        with_flags.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return with_flags

    return decorate


def _mapped(pairs: list[str]) -> dict[str, list[str]]:
    """Return the columns of each field that ``--map`` names, in the order given."""
    columns: dict[str, list[str]] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals:
            raise UsageError(f'--map {pair}: write it as FIELD=COLUMN, such as --map phone="Mobile Phone".')
        columns.setdefault(field.strip(), []).extend([column] if column else [])
    return columns
