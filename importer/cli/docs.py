"""``docs``: the topics that the README leaves out, one Markdown file each in ``topics``."""

import json
import sys
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from importlib.resources import files

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from importer.errors import UsageError

_FOLDER = files("importer.cli") / "topics"


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of the manual; ``text`` is its Markdown, None in the list of topics."""

    name: str
    heading: str
    text: str | None = None


def topics() -> dict[str, str]:
    """Return the name of every topic with its heading, by name."""
    names = sorted(entry.name.removesuffix(".md") for entry in _FOLDER.iterdir() if entry.name.endswith(".md"))
    return {name: topic(name).partition("\n")[0].removeprefix("# ") for name in names}


def topic(name: str) -> str:
    """Return the Markdown of one of ``topics``."""
    return (_FOLDER / f"{name}.md").read_text("utf-8")


def print_docs(name: str | None, *, as_json: bool = False) -> None:
    """Carry out ``importer docs``: print a topic, or the list of topics if ``name`` is None.

    Raises:
        UsageError: there is no such topic; the message names the nearest.
    """
    known = topics()
    if name is not None and name not in known:
        (nearest,) = get_close_matches(name.lower(), known, n=1, cutoff=0.0)
        raise UsageError(
            f"There is no topic of that name. The nearest is {nearest}: importer docs {nearest}. "
            "All of them: importer docs"
        )
    if as_json:
        wanted = known if name is None else {name: known[name]}
        pages = [Topic(one, heading, None if name is None else topic(one)) for one, heading in wanted.items()]
        sys.stdout.write(json.dumps([asdict(page) for page in pages], indent=2) + "\n")
    elif name is None:
        _print_topics(known)
    else:
        _print_topic(topic(name))


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
