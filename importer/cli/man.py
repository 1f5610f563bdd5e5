"""The man page, made of the help texts of all commands and of the table of exit codes: ``make man``, and in the wheel.

It is the same from the same source: it has the version, and no date.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from textwrap import wrap
from typing import Any

from typer.main import get_command

from importer import __version__
from importer.cli.app import app

_ENVIRONMENT = {
    "VOXPRIA_API_KEY": "The API key. It is given in no other way but this and the next.",
    "VOXPRIA_API_KEY_FILE": "A file that holds the key, and that nobody else can read.",
    "IMPORTER_REGION, IMPORTER_RUNS, ...": "Any setting, by the name of its option, which beats it.",
    "IMPORTER_OFFICE_PASSWORD": "The password of workbooks that have one.",
}
_FILES = {
    "runs/": "Each run's folder, with its reports, and ledger.sqlite, the memory of what was sent.",
    "importer.toml": "Settings, beside the list or in ~/.config/importer: importer docs settings.",
}
_SEE = (
    "importer docs lists the pages of the manual, importer docs TOPIC shows one; importer completion SHELL prints what "
)


def man_page() -> str:
    """Return the page as roff, for ``man`` of any system."""
    group: Any = get_command(app)
    commands = list(_commands("importer", group))
    lines = [
        f'.TH IMPORTER 1 "" "importer {__version__}" "User Commands"',
        ".SH NAME",
        _text(f"importer - {_lowered(group.help)}"),
        ".SH SYNOPSIS",
        *("\n.br\n".join(_usage(name, command) for name, command in commands).splitlines()),
        ".SH DESCRIPTION",
        _text(f"{group.help} {group.epilog}."),
        ".SH COMMANDS",
    ]
    for name, command in commands:
        lines += [f".SS {_text(name)}", *_described(command)]
    lines += [".SH EXIT STATUS", *_tagged(_exit_codes())]
    lines += [".SH ENVIRONMENT", *_tagged(_ENVIRONMENT.items()), ".SH FILES", *_tagged(_FILES.items())]
    lines += [".SH SEE ALSO", _text(f"{_SEE}a shell completes commands and options by.")]
    return "\n".join(lines) + "\n"


def _commands(name: str, group: Any) -> Iterator[tuple[str, Any]]:
    """Yield every command with its whole name, in the order of the help."""
    for own, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(f"{name} {own}", command)
        else:
            yield f"{name} {own}", command


def _usage(name: str, command: Any) -> str:
    arguments = [param.metavar or param.name.upper() for param in command.params if _is_argument(param)]
    return f".B {_text(name)}\n{_text(' '.join(['[OPTION...]', *arguments]))}"


def _described(command: Any) -> Iterator[str]:
    """Yield what a command does, then its arguments and its options."""
    first, *more = (command.help or "").split("\n\n")
    yield _text(first)
    for paragraph in more:
        yield from (".PP", _text(paragraph))
    yield from _tagged(
        (param.metavar or param.name.upper(), param.help) for param in command.params if _is_argument(param)
    )
    yield from _tagged((_flags(param), param.help or "") for param in command.params if not _is_argument(param))


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _flags(option: Any) -> str:
    """Return the spellings of an option, with what stands for its value."""
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return f"{', '.join([*option.opts, *option.secondary_opts])}{value}"


def _exit_codes() -> Iterator[tuple[str, str]]:
    """Yield each row of the table of exit codes: the codes, and what happened and what to do."""
    table = (files("importer.cli") / "topics" / "exit-codes.md").read_text("utf-8")
    for codes, happened, to_do in re.findall(r"^\| ([\d, ]+) \| (.*) \| (.*) \|$", table, re.MULTILINE):
        yield codes, re.sub(r"`", "", happened if to_do == "nothing" else f"{happened} {to_do}")


def _tagged(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tag, text in entries:
        yield from (".TP", f".B {_text(tag)}", _text(text))


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _text(text: str) -> str:
    """Return text that roff takes as it is, in short lines; a hyphen stays one, so that an option can be copied."""
    lines = wrap(text, 72, break_on_hyphens=False, break_long_words=False)
    return "\n".join(_line(line) for line in lines)


def _line(text: str) -> str:
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    sys.stdout.write(man_page())
