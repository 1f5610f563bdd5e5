"""The shape of a column's values, whatever is written above it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from importer.models.frames import RAW
from importer.stages.map.consent import ANSWERS, TELLING, heads, spoken

_EMAIL = r"^[^\s@]+@[^\s@]+$"
_LABEL = r"""^(?:p|tel|whatsapp)\s*:|^["'=]+|"$"""
_NUMBER = r"(?i)^\+?[\d\s\u00a0()./–-]+(?:(?:ext|x|,|;)[.\s]*\d+)?$|^\d\.\d+E\+?\d+$"
_NO_NUMBER = (
    r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|^\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})\b"  # a date
    r"|^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?$"
    r"|^-?\d{1,3}\.\d{4,}$"  # a coordinate
)
_CALLED = r"^\+|^1?[2-9]\d{2}[2-9]\d{6}$"
"""Numbers to call may follow each other, with a plus or ten digits of North America; others that do are a counter's."""
_CERTAIN = (
    r"^(?:\+|00[1-9])[\d\s\u00a0()./-]{8,}"  # written with its country
    r"|^\(\d{2,5}\)[\s-]?\d"  # area code in brackets
    r"|^(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}$"  # North American groups
    r"|^0[1-9][\d\s\u00a0()/-]{7,14}$"  # a national prefix
)
_DATE = r"(?i)^\d{4}-\d\d-\d\d|^\d{1,2}[./]\d{1,2}[./]\d{2,4}|^https?://"
_SHARES = "emails", "numbers", "certain", "likely", "words", "several", "figures", "answers", "telling", "dates"
_WORDS = r"^\p{L}[\p{L}\p{M} .,'’-]*$"


@dataclass(frozen=True, slots=True)
class Shape:
    """One column in the sample. Shares are of its filled cells, 0 to 1; all 0 where none is filled.

    Attributes:
        filled: cells that hold more than white space.
        emails: look like one e-mail address.
        numbers: may be a phone number: 7 to 15 digits and nothing but what is written around digits.
        certain: can hardly be anything else than a phone number.
        likely: of ``numbers``, those with 9 to 13 digits, as ids and dates seldom have.
        words: hold letters and what stands between names.
        several: of ``words``, those of two words or more.
        figures: hold digits and no letter.
        answers: say yes or no in one of many languages, or that nothing is known.
        telling: of ``answers``, those that tell by themselves: ``unsubscribed``, ``do not call``.
        dates: begin with a date, or are an address of the web.
        distinct: different ones.
        steps: follow the number before by one, as counters do, and are plainly no numbers to call.
    """

    filled: int = 0
    emails: float = 0
    numbers: float = 0
    certain: float = 0
    likely: float = 0
    words: float = 0
    several: float = 0
    figures: float = 0
    answers: float = 0
    telling: float = 0
    dates: float = 0
    distinct: float = 0
    steps: float = 0


def shapes(sample: pl.DataFrame, columns: Sequence[str]) -> dict[str, Shape]:
    """Return the shape of each column; ``sample`` has ``raw:<column>`` (String?) for each."""
    if not columns:
        return {}
    cells = sample.select(RAW + column for column in columns).unpivot(variable_name="column", value_name="text")
    text, first, digits = pl.col("text"), pl.col("first"), pl.col("digits")
    said = spoken(text)

    def is_head_in(words: Sequence[str]) -> pl.Expr:
        return heads(said).is_in(words).fill_null(value=False)  # what begins with a dash or a comma has none

    # Each text is examined once: answers and figures stand in thousands of cells.
    examined = (
        cells.lazy()
        .select(text.str.strip_chars().unique())
        .with_columns(
            first=text.str.split(" ::: ").list.first().str.to_lowercase().str.replace_all(_LABEL, "").str.strip_chars()
        )
        .with_columns(digits=first.str.count_matches(r"\d"))
        .with_columns(
            is_number=first.str.contains(_NUMBER) & digits.is_between(7, 15) & ~first.str.contains(_NO_NUMBER),
            is_words=text.str.contains(_WORDS),
        )
        .select(
            text,
            emails=first.str.contains(_EMAIL),
            numbers="is_number",
            certain=pl.col("is_number") & first.str.contains(_CERTAIN),
            likely=pl.col("is_number") & digits.is_between(9, 13),
            words="is_words",
            several=pl.col("is_words") & text.str.contains(r"\S\s+\S"),
            figures=(digits > 0) & ~text.str.contains(r"\p{L}"),
            answers=said.is_in(ANSWERS) | is_head_in(ANSWERS),
            telling=said.is_in(TELLING) | is_head_in(TELLING),
            dates=text.str.contains(_DATE),
            is_called=first.str.contains(_CALLED),
            count=text.cast(pl.Int64, strict=False),
        )
    )
    measured = (
        cells.lazy()
        .with_columns(text.str.strip_chars())
        .filter(text != "")
        .join(examined, on="text", how="left", maintain_order="left")
        .group_by("column")
        .agg(
            pl.len(),
            pl.col(_SHARES).mean(),
            distinct=text.n_unique() / pl.len(),
            steps=((pl.col("count").diff() == 1) & ~pl.col("is_called")).fill_null(value=False).mean(),
        )
        .collect()
    )
    found = {column: Shape(*shares) for column, *shares in measured.iter_rows()}
    return {column: found.get(RAW + column, Shape()) for column in columns}
