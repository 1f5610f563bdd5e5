"""``importer docs``: read on."""

from typing import Annotated

import typer


def docs(
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="Which one (default: list them).")] = None,
) -> None:
    """Print what the README leaves out, by topic; without a topic, the list of them."""
    from importer.cli.docs import print_docs

    print_docs(topic)
