"""``importer schema``: the form of what it writes for programs."""

from typing import Annotated

import typer


def schema(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one (default: list them).")] = None,
) -> None:
    """Print the JSON Schema of a file or document that is written for programs; without a name, the list of them."""
    from importer.cli.schema import print_schema

    print_schema(name)
