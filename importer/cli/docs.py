"""``docs``: the topics that the README leaves out, one Markdown file each in ``topics``."""

import sys
from difflib import get_close_matches
from importlib.resources import files

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from importer.errors import UsageError

_FOLDER = files("importer.cli") / "topics"


def topics() -> dict[str, str]:
    """Return the name of every topic with its heading, by name."""
    names = sorted(entry.name.removesuffix(".md") for entry in _FOLDER.iterdir() if entry.name.endswith(".md"))
    return {name: topic(name).partition("\n")[0].removeprefix("# ") for name in names}


def topic(name: str) -> str:
    """Return the Markdown of one of ``topics``."""
    return (_FOLDER / f"{name}.md").read_text("utf-8")


def print_docs(name: str | None) -> None:
    """Carry out ``importer docs``: print a topic, or the list of topics if ``name`` is None.

    Raises:
        UsageError: there is no such topic; the message names the nearest.
    """
    known = topics()
    if name is None:
        _print_topics(known)
    elif name in known:
        _print_topic(topic(name))
    else:
        (nearest,) = get_close_matches(name.lower(), known, n=1, cutoff=0.0)
        raise UsageError(
            f"There is no topic of that name. The nearest is {nearest}: importer docs {nearest}. "
            "All of them: importer docs"
        )


def _print_topic(text: str) -> None:
    console = Console()
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        sys.stdout.write(text)  # as it is written: for a pager, a search or a file, at any width


def _print_topics(known: dict[str, str]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, heading in known.items():
        table.add_row(name, heading)
    console = Console()
    # A pipe has no width: one topic stays one line there.
    (console if console.is_terminal else Console(width=200)).print(table)
