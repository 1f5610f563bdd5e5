"""Consent: the rows that say that the person may not be contacted.

Only an explicit no counts: a cell that says no in a column that asks whether the person agrees (``SMS consent``), or
yes in one that asks whether they refuse (``Do not call``). An empty cell, a date or a remark says neither. Words that
tell by themselves (``unsubscribed``, ``opted in``) mean the same in both kinds of columns.
"""

import tomllib
from collections.abc import Sequence
from importlib import resources

import polars as pl

from importer.frames import RAW, settle
from importer.models.outcomes import Reason
from importer.stages.map.headers import read_header


def spoken(text: pl.Expr) -> pl.Expr:
    """A cell as the lists of answers have it: lower case, one kind of width, no punctuation around it."""
    return (
        text.str.normalize("NFKC").str.to_lowercase().str.strip_chars(" \t\n.!?\"'()[]").str.replace_all("[-_ ]+", " ")
    )


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.replace("\n", ";").split(";") if word.strip()]


_WORDS = {
    name: _listed(words)
    for name, words in tomllib.loads(resources.files(__package__).joinpath("answers.toml").read_text("utf-8")).items()
}
ANSWERS = [word for words in _WORDS.values() for word in words]
"""All that a cell of a column of consent may say."""


def settle_refusals(frame: pl.DataFrame, cells: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Settle the open rows as ``no-consent`` that say no.

    A row says no where a column of refusal says yes, or where a column of consent says no and no other one yes: who
    wants no texts but agrees to calls has agreed. ``cells`` has ``raw:<column>`` (String?).
    """
    if not columns:
        return frame
    asks_refusal = {column: read_header(column).is_refusal for column in columns}
    refused = {column: _says(cells, column, "refused", "yes" if asks_refusal[column] else "no") for column in columns}
    consents = [column for column in columns if not asks_refusal[column]]
    agreed = pl.any_horizontal(pl.lit(value=False), *(_says(cells, column, "agreed", "yes") for column in consents))
    no_consent = {column: refused[column] & (pl.lit(asks_refusal[column]) | ~agreed) for column in columns}
    detail = pl.coalesce(
        pl.when(no_consent[column]).then(pl.lit(f'the column "{column}" says no')) for column in columns
    )
    return settle(frame, Reason.NO_CONSENT, pl.any_horizontal(no_consent.values()), detail)


def _says(cells: pl.DataFrame, column: str, *kinds: str) -> pl.Expr:
    words = [word for kind in kinds for word in _WORDS[kind]]
    return pl.lit(cells.select(spoken(pl.col(RAW + column)).is_in(words).fill_null(value=False)).to_series())
