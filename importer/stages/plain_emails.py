"""E-mail addresses that columns of text tell by themselves: certainly valid ones, and what is certainly none."""

import string

import polars as pl

RULES = ("tidied", "domain-case", "several", "placeholder", "invalid-left-out", "typo-suspected")

_WORD = r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
_DOMAIN = r"(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}"
SAFE = rf"^{_WORD}@{_DOMAIN}$"
"""Certainly valid where it has at most 64 characters: no part can be too long then."""
SAFE_LOWER = SAFE.replace("A-Za-z", "a-z")
"""A certainly valid address that is already in its final form."""
_NO_ADDRESS = r"^[ -?A-~]*$"
"""Plain text without any @."""
MAILBOXES = "info|marketing|sales|support|abuse|noc|security|postmaster|hostmaster|usenet|news|webmaster|www|uucp|ftp"
"""Mailboxes of RFC 2142, the only ones whose letters email-validator changes; it is not asked, most lists need none."""
MAILBOX_IN_CAPITALS = rf"^(?i:{MAILBOXES})@"
MOST_SAFE_CHARACTERS = 64

_EMPTY_WORDS = (
    "none|na|n-a|no|nomail|noemail|no-email|no-mail|null|nil|unknown|nobody|noone|test|asdf|qwerty|email|mail|abc|123"
)
_SAME_LETTER = "|".join(f"{letter}+@{letter}+" for letter in string.ascii_lowercase + string.digits)
_NO_MAILBOX = "no[._-]?e?[._-]?mail(?:[._-]?(?:address|provided|given))?|(?:not|none)[._-]?(?:provided|available|given)"
PLACEHOLDER_ADDRESS = rf"(?i)^(?:(?:(?:{_EMPTY_WORDS})@(?:{_EMPTY_WORDS}|nowhere)|{_SAME_LETTER})\.|(?:{_NO_MAILBOX})@)"
"""One empty word at another, a letter at itself; and what says at any domain that there is no mailbox."""
PLACEHOLDERS = frozenset(
    text.strip()
    for text in """
    none; n/a; n.a.; na; null; nil; nan; no; no email; no e-mail; no mail; unknown; not available; not provided; blank
    empty; keine; keine angabe; k.a.; kein; unbekannt; aucun; inconnu; ninguno; no tiene; nessuno; sem email; geen; brak
    undefined; #n/a; #ref!; #value!; #name?; (none); xxx; tbd
    """.replace("\n", ";").split(";")
    if text.strip()
)


def is_safe(cells: pl.Series, pattern: str) -> pl.Series:
    """Return True for addresses that match ``SAFE`` or ``SAFE_LOWER``, are short enough and no placeholders."""
    return (
        cells.str.contains(pattern)
        & (cells.str.len_bytes() <= MOST_SAFE_CHARACTERS)
        & ~cells.str.contains(PLACEHOLDER_ADDRESS)
    )


def plainly_read(cells: pl.Series) -> pl.DataFrame:
    """Return ``email``, ``others`` (String?), ``rules`` (UInt8): null rules unless it is certain what a cell is."""
    bare = cells.str.strip_chars(" ")
    safe = is_safe(bare, SAFE) & ~bare.str.contains(MAILBOX_IN_CAPITALS)
    lowered = _with_small_domain(bare)
    tidied = pl.when(bare != cells).then(bit("tidied")).otherwise(0)
    case = pl.when(lowered != bare).then(bit("domain-case")).otherwise(0)
    rules = pl.select(pl.when(safe).then(tidied + case).cast(pl.UInt8)).to_series()
    # Most lists have nothing but safe addresses: only the others are looked at for what they are instead.
    if (others := (~safe.fill_null(value=False)).arg_true()).len():
        rules = rules.scatter(others, _no_address(cells.gather(others), bare.gather(others)))
    email = pl.select(pl.when(safe).then(lowered)).to_series()
    return pl.select(email=email, others=pl.lit(None, pl.String), rules=rules)


def _with_small_domain(addresses: pl.Series) -> pl.Series:
    """Return texts with their domain in small letters; of texts without one @ the result means nothing."""
    lowered = addresses.str.to_lowercase()
    mixed = addresses.str.contains("^[^@]*[A-Z]").arg_true()
    some = addresses.gather(mixed)
    return lowered.scatter(mixed, part(some, 0) + "@" + part(some, 1).str.to_lowercase()) if mixed.len() else lowered


def _no_address(cells: pl.Series, bare: pl.Series) -> pl.Series:
    """Return the rules (UInt8) of what is certainly no address; null for all others."""
    is_none = cells.str.contains(_NO_ADDRESS)
    is_nothing = is_none & (bare.str.to_lowercase().is_in(PLACEHOLDERS) | ~bare.str.contains("[A-Za-z0-9]"))
    rules = (
        pl.when(is_nothing)
        .then(pl.when(bare == "").then(0).otherwise(bit("placeholder")))
        .when(is_none)
        .then(bit("invalid-left-out"))
    )
    return pl.select(rules.cast(pl.UInt8)).to_series()


def part(emails: pl.Series, place: int) -> pl.Series:
    """Return what stands before the first @ (0; all of a text without one), or behind it (1; null there)."""
    return emails.str.split_exact("@", 1).struct.field(f"field_{place}")


def bit(rule: str) -> int:
    """Return the bit of a rule in the column ``rules``."""
    return 1 << RULES.index(rule)
