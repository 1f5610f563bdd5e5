"""``importer completion``: what a shell needs to complete commands and options."""

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """A shell that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Which shell.")]) -> None:
    """Print the script that completes commands and options in a shell; what to do with it is its first line."""
    from importer.cli.completion import print_completion

    print_completion(shell.value)
