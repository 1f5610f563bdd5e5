"""``importer schema``: the form of what it writes for programs."""

from typing import Annotated

import typer

from importer.cli.options import Json


def schema(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one (default: list them).")] = None,
    *,
    json: Json = False,
) -> None:
    """Print the JSON Schema of a file or document that is written for programs; without a name, the list of them."""
    from importer.cli.schema import print_schema

    print_schema(name, as_json=json)
