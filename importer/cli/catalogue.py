"""Every command by its name, imported and made when it is asked for: most starts need one of them.

A command is the function in ``importer.cli.commands`` that is named like its module; a group of commands is the
``group`` of its module. To add one: write the module, and add its name here.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from inspect import getdoc
from types import ModuleType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from importer.cli.options import voiced

COMMANDS = (
    "run",
    "inspect",
    "convert",
    "prepare",
    "send",
    "resume",
    "approve",
    "verify",
    "retry",
    "review",
    "find",
    "trace",
    "undo",
    "forget",
    "purge",
    "report",
    "runs",
    "compare",
    "doctor",
    "sandbox",
    "docs",
    "schema",
    "completion",
)
"""Every command, in the order of the help."""
GROUPS = ("contacts", "job")
"""The groups of commands, which the help has after them."""

_UNUSED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}
"""What typer imports to show a help, and what no help here has: two thirds of that import."""


class Command(TyperCommand):
    """A command whose parameters are made when somebody looks at them: a list of commands shows none."""

    def __init__(self, name: str, function: Callable[..., None]) -> None:
        super().__init__(name, help=_reflowed(function))
        del self.params, self.callback  # so that looking at them ends in __getattr__
        self._function = function

    def __getattr__(self, name: str) -> Any:
        """Return the parameters or the callback of the command, which are made here the first time."""
        if name not in ("params", "callback"):
            raise AttributeError(name)
        declared = typer.Typer(add_completion=False)
        declared.command()(voiced(self._function))
        made = get_command(declared)
        self.params, self.callback = made.params, made.callback
        return self.__dict__[name]

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, with nothing in place of a switch's value."""
        params = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = " "
        return params

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help."""
        _import_help()
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """A group of commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help."""
        _import_help()
        super().format_help(ctx, formatter)


class Catalogue(Group):
    """The group of all commands and groups."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": _Made()})


class _Made(Mapping[str, TyperCommand | Group]):
    """The commands that were asked for so far."""

    def __init__(self) -> None:
        self._made: dict[str, TyperCommand | Group] = {}

    def __getitem__(self, name: str) -> TyperCommand | Group:
        if name not in COMMANDS + GROUPS:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = _made(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS + GROUPS)

    def __len__(self) -> int:
        return len(COMMANDS + GROUPS)


def names() -> list[str]:
    """Return the names of all commands, those within groups too."""
    return [*COMMANDS, *GROUPS, *(name for group in GROUPS for name in _made(group).commands)]


def _made(name: str) -> Any:
    module = import_module(f"importer.cli.commands.{name}")
    if name in COMMANDS:
        return Command(name, getattr(module, name))
    inner = {info.name or info.callback.__name__: info.callback for info in module.group.registered_commands}
    return Group(
        name=name,
        commands={name: Command(name, function) for name, function in inner.items()},
        help=module.group.info.help,
        no_args_is_help=True,
    )


def _reflowed(command: Callable[..., None]) -> str:
    """Return a command's docstring with each paragraph on one line: the terminal breaks it where it is."""
    paragraphs = (getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _import_help() -> None:
    """Import what shows a help, without what no help here has; that can be imported by others afterwards."""
    if "typer.rich_utils" in sys.modules:
        return
    stood_in = {name: ModuleType(name) for name in _UNUSED if name not in sys.modules}
    for name, module in stood_in.items():
        setattr(module, _UNUSED[name], None)
        sys.modules[name] = module
    try:
        import_module("typer.rich_utils")
    finally:
        for name in stood_in:
            del sys.modules[name]
