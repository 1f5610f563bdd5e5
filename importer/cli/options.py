"""Options that several commands take, and what was given of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from importer.errors import UsageError

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
Suppress = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE", help="Numbers that must never be sent, any format that can be imported. Repeat it for several."
    ),
]
MoreSuppress = Annotated[
    list[Path] | None,
    typer.Option(
        "--suppress",
        metavar="FILE",
        help="Numbers that must not be sent either; the lists that the run had are read again by themselves.",
    ),
]
BatchSize = Annotated[
    int | None, typer.Option(metavar="N", help="Contacts in a request, at most 10,000 (the default).")
]
Runs = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of runs and their ledger (default: runs).")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its folder, or: latest")]
Account = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Name of the account, which outlives keys and hosts (default: the API's host). Needed where nobody can be "
        "asked whether a new key leads to a known account.",
    ),
]
BaseUrl = Annotated[str | None, typer.Option(metavar="URL", help="The API's address, without /api/v1.")]
Target = Annotated[Path | None, typer.Option(metavar="API.toml", help="Another API, described in a TOML file.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can answer.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout, and nothing else there.")]


def given(**flags: Any) -> dict[str, Any]:
    """The flags that the user gave; the others are left to environment, profile and defaults."""
    return {name: value for name, value in flags.items() if value is not None}


def mapped(pairs: list[str] | None) -> dict[str, list[str]] | None:
    """The columns of each field that ``--map`` names, in the order given; None where it was not given."""
    if pairs is None:
        return None
    columns: dict[str, list[str]] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals:
            raise UsageError(f'--map {pair}: write it as FIELD=COLUMN, such as --map phone="Mobile Phone".')
        columns.setdefault(field.strip(), []).extend([column] if column else [])
    return columns
