"""The footer: lines below a list that are not rows, such as totals, counts, dates and authors."""

import re
from collections.abc import Sequence

from importer.readers.cell_kinds import kind_of, text_of

Row = Sequence[str | None]

MOST_ROWS = 30
_LONGEST = 1_000
"""Longest cell of a footer, in characters: its pattern takes quadratic time at worst."""
_FEWEST_WORDS = 3
_SUMS = (
    "grand total|sub-?total|totals?|sum|count|number of|records?|rows?|contacts?|entries|summe|gesamt|gesamtzahl|"
    "anzahl|insgesamt|total général|nombre|suma|totale|somma|totaal|aantal|razem|итого|всего|合計|总计|합계"
)
_UNITS = (
    "rows?|records?|contacts?|entries|entry|lines?|results?|people|members?|zeilen?|datensätze?|einträge|kontakte|"
    "lignes?|enregistrements?|contactos?|filas?|registros?|righe|rijen|件"
)
_MADE = (
    "generated|exported|printed|created|downloaded|produced|erstellt|exportiert|gedruckt|généré|exporté|generado|"
    "exportado"
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_FOOTER = re.compile(
    rf"""\W*(?:
        (?:{_SUMS})(?:\s+(?:of\s+)?(?:{_UNITS}))?\s*(?>(?:[:=;,\t|]\s*)*)(?:[\d.,\s]*|\(\s?\d[\d.,\s]*(?:{_UNITS})\s?\))
      | \d[\d.,\s]*(?:{_UNITS})(?:\s+\w+){{0,3}}
      | (?:{_MADE})(?:\s+(?:on|at|by|from|with|am|um|von|mit|aus|le|par|el|por)\b|\s*:|\s+\d).*
      | (?:page|seite|página|pagina)\s*:?\s*\d+.*
      | (?:source|quelle|fuente|notes?|hinweis|remarque|stand|as\s+of|date|datum)\s*:.*
      | (?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?:{_MONTHS})\.?\s+\d{{1,2}},?\s+\d{{4}}\b.*
      | (?:end|ende|fin)\s+(?:of|der|des|du|de)\b.*
      | (?:confidential|vertraulich|copyright|©).*
    )\W*""",
    re.IGNORECASE | re.VERBOSE,
)
_MADE_BY = re.compile(
    rf"(?i)(?:{_MADE})\s+(?:by|von|par|por)\b|(?:copyright|©)|confidential information\b|grand total\b"
)
_MOST_CELLS = 3
"""Most cells of a row that says by whom and when a list was made."""
_RULE_OR_REMARK = re.compile(r"[-=_*~#.\s]{3,}|(?:#|//|--)\s.*|\x1a")


def footer_start(rows: Sequence[Row], width: int) -> int | None:
    """Return the index, among a table's last rows, of the footer's first one; None if there is no footer.

    A footer reaches to the end, blank rows included, and holds only rows that are plainly no contacts: one or two
    filled cells, no address or phone number, and words of a footer. In a table of three columns or more, sentences
    below a blank line are a footer, too. So is any shorter row there, such as the author's name, if a row of the same
    part has words of a footer.
    """
    start = _last_part(rows, width)
    if start is not None:
        rows = rows[:start]
    for place in range(len(rows) - 1, -1, -1):
        filled = [text for cell in rows[place] if (text := text_of(cell))]
        if not filled:
            continue
        if not _is_footer(filled) and not _is_sentence(rows, place, width):
            break
        start = place
    return start


def footer_note(word: str, first: int, last: int) -> str:
    """Return the remark for people on a footer; ``word`` is ``Line`` or ``Row``."""
    if first == last:
        return f"{word} {first} below the list is a footer; left out."
    return f"{word}s {first} to {last} below the list are a footer; left out."


def _last_part(rows: Sequence[Row], width: int) -> int | None:
    """Return the index below the first blank line after which no row is a contact and one has words of a footer.

    None if there is no such line.
    """
    start, has_footer = None, False
    for place in range(len(rows) - 1, -1, -1):
        filled = [text for cell in rows[place] if (text := text_of(cell))]
        if not filled:
            start, has_footer = (place + 1, False) if has_footer else (start, False)
            continue
        is_made = _is_made(filled)
        most = _MOST_CELLS if is_made else min(_MOST_CELLS, width - 1)
        if len(filled) > most or any(kind_of(cell) in {"email", "phone"} for cell in filled):
            break
        has_footer = has_footer or is_made
    return start


def _is_made(filled: list[str]) -> bool:
    """Return True if a row says by whom or when the list was made, or whose it is."""
    return len(filled[0]) <= _LONGEST and _MADE_BY.match(filled[0]) is not None


def _is_footer(filled: list[str]) -> bool:
    if len(filled) > 2 or any(kind_of(cell) in {"email", "phone"} for cell in filled):
        return False
    if _RULE_OR_REMARK.fullmatch(" ".join(filled)):
        return True
    is_amount = len(filled) == 1 or kind_of(filled[1]) in {"number", "date"}
    return is_amount and any(len(cell) <= _LONGEST and _FOOTER.fullmatch(cell) for cell in filled)


def _is_sentence(rows: Sequence[Row], place: int, width: int) -> bool:
    """Return True if a row is a sentence, and so are all rows up to the blank one above it."""
    if width < _FEWEST_WORDS or not _has_sentence(rows[place]):
        return False
    above = next((row for row in reversed(rows[:place]) if not _has_sentence(row)), None)
    return above is not None and not any(map(text_of, above))


def _has_sentence(cells: Row) -> bool:
    """Return True if the cells hold a sentence from the first on; cut by commas, it must end with a full stop."""
    filled = [text for cell in cells if (text := text_of(cell))]
    text = " ".join(filled)
    is_one = len(filled) == 1 or (len(filled) <= 3 and text.endswith((".", "!", "?")))
    return bool(
        filled
        and is_one
        and text_of(cells[0])
        and len(text.split()) >= _FEWEST_WORDS
        and not any(map(kind_of, filled))
        and not re.search(r"@|\d{4}", text)
    )
