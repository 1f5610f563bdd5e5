"""Questions to a person: before what cannot be undone, and when it is not sure what a column holds."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.account.whose import IsSame
from importer.cli.progress import Progress
from importer.cli.text import printable
from importer.errors import RefusedError
from importer.pipeline.mapper import Ask, Question
from importer.settings.settings import SEVERAL
from importer.system.signals import ENDING

_ASKS = {
    "phone": "Which column holds the phone number?",
    "first_name": "Which column holds the first name?",
    "last_name": "Which column holds the last name?",
    "full_name": "Which column holds the person's name?",
    "email": "Which column holds the e-mail address?",
    "country": "Which column holds the country of the phone number?",
    "consent": "Which column tells whether a person may be contacted? Rows that say no are left out.",
}
_NONE, _STOP = "0", "s"


def confirm(question: str, *, is_sure: bool) -> None:
    """Return if a person says yes, or passed ``--yes``; else raise.

    Raises:
        RefusedError: they say no, or nobody can answer.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():  # a pipe that happens to hold a "y" is nobody's consent
        raise RefusedError(f"{question} Nobody is there to answer, so nothing was done. Add --yes to do it unasked.")
    if not typer.confirm(printable(question), err=True):
        raise RefusedError("Nothing was done.")


def choose(question: str, answers: Sequence[str]) -> str:
    """Return the answer that a person at the terminal names.

    Raises:
        RefusedError: they name none of them.
    """
    answer = typer.prompt(printable(question), err=True, default="", show_default=False).strip()
    if answer not in answers:
        raise RefusedError("That is none of them. Nothing was done.")
    return str(answer)


def asker(progress: Progress) -> Ask | None:
    """Return what asks the person at the terminal about columns; None if there is no terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: Question) -> tuple[str, ...] | None:
        with progress.paused(), _interruptible():
            return _ask(question)

    return ask


def account_asker(progress: Progress | None = None) -> IsSame | None:
    """Return what asks the person at the terminal about an account; None if there is no terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> bool:
        with progress.paused() if progress else nullcontext(), _interruptible():
            return typer.confirm(printable(question), err=True)

    return ask


def _ask(question: Question) -> tuple[str, ...] | None:
    console = Console(stderr=True)
    field = question.decision.field
    columns = list(question.examples)
    points = {candidate.column: candidate for candidate in question.decision.candidates()}
    console.print(Text(f"{printable(question.source.place)}: {_ASKS[field]}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for number, column in enumerate(columns, 1):
        candidate = points[column]
        shown = " | ".join(printable(example) for example in question.examples[column])
        why = Text(f"{candidate.confidence} of 100 points: {candidate.why}\n{shown}", style="dim")
        table.add_row(str(number), Text(printable(column)), why)
    if field != "phone":
        table.add_row(_NONE, "none of them", Text("the field is left out", style="dim"))
    table.add_row(_STOP, "stop", Text("nothing is sent", style="dim"))
    console.print(table)
    several = ", or several in the order in which they are tried (2,1)" if field in SEVERAL else ""
    while True:
        console.print(f"A number, or the name of another column{several}: ", end="")
        typed = sys.stdin.readline()
        if not typed or typed.strip() == _STOP:
            return None
        if (answer := _understood(typed, columns, question)) is not None:
            return answer
        console.print(Text("That is none of them.", style="yellow"))


def _understood(typed: str, columns: list[str], question: Question) -> tuple[str, ...] | None:
    """Return the columns that were typed; None if the answer is not clear."""
    text, field = typed.strip(), question.decision.field
    if text == _NONE and field != "phone":
        return ()
    if text in question.source.columns:
        return (text,)
    chosen = []
    for part in text.split(","):
        if not part.strip().isdecimal() or not 1 <= int(part) <= len(columns):
            return None
        chosen.append(columns[int(part) - 1])
    is_too_many = len(chosen) > 1 and field not in SEVERAL
    return None if is_too_many or len(set(chosen)) < len(chosen) else tuple(chosen)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a signal end a question at once: nothing was begun that must be ended in good order."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in ENDING}
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("\nNothing was sent.\n")
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
