"""``importer docs``: read on."""

from typing import Annotated

import typer

from importer.cli.options import Json


def docs(
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="Which one (default: list them).")] = None,
    *,
    json: Json = False,
) -> None:
    """Print what the README leaves out, by topic; without a topic, the list of them."""
    from importer.cli.docs import print_docs

    print_docs(topic, as_json=json)
