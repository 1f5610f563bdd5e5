"""Asking a person before something is done that cannot be undone."""

import sys

import typer

from importer.cli.text import printable
from importer.errors import RefusedError


def confirm(question: str, *, is_sure: bool) -> None:
    """Go on only where a person says yes, or said so beforehand with ``--yes``.

    Raises:
        RefusedError: they say no, or nobody can answer.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise RefusedError(f"{question} Nobody is there to answer, so nothing was done. Add --yes to do it unasked.")
    if not typer.confirm(printable(question), err=True):
        raise RefusedError("Nothing was done.")
