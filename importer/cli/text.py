"""Text that is safe to print: cells and answers must not steer the terminal."""

import unicodedata

_REPLACED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # controls, direction and invisible marks, line separators


def printable(text: str) -> str:
    """Return the text with ``�`` for controls and invisible characters, spaces for line ends and tabs."""
    return "".join(_safe(character) for character in text)


def _safe(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return "�" if unicodedata.category(character) in _REPLACED else character


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 row``, ``2,000 rows``, ``3 batches``."""
    plural = "es" if noun.endswith(("ch", "s")) else "s"
    return f"{number:,} {noun}{'' if number == 1 else plural}"


def duration(seconds: float) -> str:
    """Return seconds as ``0.4 s``, ``12 s``, ``3 min 05 s`` or ``2 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
