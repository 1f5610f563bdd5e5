"""Text that is safe to print: cells and answers must not steer the terminal."""

import re
import unicodedata

from rich.console import Console
from rich.text import Text

_COMMAND = re.compile(
    r"(?<=: )(importer [a-z]+(?: (?!and |or |then |\()[^\s;,]+?)*)(?=\.?(?:$|\s+(?:and|or|then)\b|\s+[A-Z(]|[;,]))"
)
"""A command to type in a sentence, after a colon."""
_REPLACED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # controls, direction and invisible marks, line separators


def printable(text: str) -> str:
    """Return the text with ``�`` for controls and invisible characters, spaces for line ends and tabs."""
    return "".join(_safe(character) for character in text)


def print_wrapped(console: Console, text: str, style: str = "") -> None:
    """Print text for a person: at a terminal broken between words, each command on a line of its own and whole.

    Where no terminal is, a text stays one line, so that programs find it.
    """
    text = printable(text)
    if not console.is_terminal:
        console.print(Text(text, style=style), soft_wrap=True)
        return
    for number, part in enumerate(_COMMAND.split(text)):
        if number % 2:  # a command: one line, however long, so that it can be copied
            console.print(Text(f"  {part}", style=style), soft_wrap=True)
        elif part.strip(" .;,"):
            console.print(Text(part.strip(), style=style))


def _safe(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return "�" if unicodedata.category(character) in _REPLACED else character


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 row``, ``2,000 rows``, ``3 batches``, ``4 entries``."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("try"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith(('ch', 's')) else 's'}"


def duration(seconds: float) -> str:
    """Return seconds as ``0.4 s``, ``12 s``, ``3 min 05 s`` or ``2 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
