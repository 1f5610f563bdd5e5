"""E-mail: one address in the form that email-validator gives it, or none; never a reason to lose the contact."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from importer.frames import META, noted

_OTHERS = META + "other e-mail"
_RULES = ("tidied", "domain-case", "several", "placeholder", "invalid-left-out")

_LOCAL = r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*"
_DOMAIN = r"(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}"
_SAFE = rf"^{_LOCAL}@{_DOMAIN}$"
"""Certainly valid where it has at most 64 characters: no part can be too long then."""
_SAFE_LOWER = _SAFE.replace("A-Za-z", "a-z")
"""The same, and already in its final form."""
_MAILBOX_IN_CAPITALS = rf"^(?i:{'|'.join(CASE_INSENSITIVE_MAILBOX_NAMES)})@"
"""Mailboxes of RFC 2142, the only ones whose letters email-validator changes."""
_MOST_SAFE_CHARACTERS = 64
_SPECIAL_USE = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
_PUBLIC = ".example"

_EMPTY_WORDS = (
    "none|na|n-a|no|nomail|noemail|no-email|no-mail|null|nil|unknown|nobody|noone|test|asdf|email|mail|x|xx|xxx"
)
_PLACEHOLDER_ADDRESS = rf"(?i)^(?:{_EMPTY_WORDS})@(?:{_EMPTY_WORDS}|nowhere)\."
_PLACEHOLDERS = frozenset(
    text.strip()
    for text in """
    none; n/a; n.a.; na; null; nil; nan; no; no email; no e-mail; no mail; unknown; not available; not provided; blank
    empty; keine; keine angabe; k.a.; kein; unbekannt; aucun; inconnu; ninguno; no tiene; nessuno; sem email; geen; brak
    undefined; #n/a; #ref!; #value!; #name?; (none); xxx; tbd
    """.replace("\n", ";").split(";")
)
_NO_WORD = re.compile(r"[\W_]*\Z")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_BRACKETED = re.compile(r"[<\[]([^<>\[\]@]+@[^<>\[\]@]+)[>\]]")
_SEPARATOR = re.compile(r"\s*(?:[;,|\n\r]|:::|\s/\s)\s*")
_SCHEME = re.compile(r"(?i)\A(?:mailto|e-?mail)\s*:\s*")
_AROUND = " \t\u00a0\"'<>()[]{}‘’“”."


class Emails:
    """Gives each row one valid e-mail address or none.

    Needs ``email`` (String?), ``changes`` and replaces the first by the address with its domain in small letters; null
    where there is none, or none that is valid. The first valid one of several is taken, the others go to
    ``meta:other e-mail`` (String?, present where a row has any). Notes ``email:tidied`` (white space, invisible
    characters, ``mailto:``, brackets), ``:domain-case``, ``:several``, ``:placeholder`` and ``:invalid-left-out``.
    Settles nothing: a contact with a bad address is still imported.
    """

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        cells = frame.get_column("email")
        is_final = _is_safe(cells, _SAFE_LOWER)
        spellings = cells.filter(~is_final).unique()
        if spellings.is_empty():
            return frame
        bare = spellings.str.strip_chars(" ")
        is_safe = _is_safe(bare, _SAFE) & ~bare.str.contains(_MAILBOX_IN_CAPITALS)
        table = pl.concat([_lowered(spellings.filter(is_safe)), _examined(spellings.filter(~is_safe))])
        found = pl.DataFrame({"cell": cells}).join(table, on="cell", how="left", maintain_order="left")
        frame = frame.with_columns(
            email=pl.when(found["rules"].is_null()).then("email").otherwise(found["email"]),
        )
        if found["others"].null_count() < found.height:
            own = [pl.col(_OTHERS)] if _OTHERS in frame.columns else []
            frame = frame.with_columns(pl.coalesce(*own, found["others"]).alias(_OTHERS))
        hits = [(f"email:{rule}", (found["rules"] & _bit(rule)) != 0) for rule in _RULES]
        return frame.with_columns(noted([(code, pl.lit(hit)) for code, hit in hits if hit.any()]))


def _is_safe(cells: pl.Series, pattern: str) -> pl.Series:
    return (
        cells.str.contains(pattern)
        & (cells.str.len_bytes() <= _MOST_SAFE_CHARACTERS)
        & ~cells.str.contains(_PLACEHOLDER_ADDRESS)
    )


def _lowered(safe: pl.Series) -> pl.DataFrame:
    """The table for addresses in which spaces around and the domain's letters are all that can be wrong."""
    bare, email = pl.col("cell").str.strip_chars(" "), pl.col("email")
    lowered = bare.str.extract("^([^@]+@)") + bare.str.extract("@(.+)$").str.to_lowercase()
    return (
        pl.DataFrame({"cell": safe})
        .with_columns(email=lowered)
        .with_columns(
            others=pl.lit(None, pl.String),
            rules=pl.when(bare != pl.col("cell")).then(_bit("tidied")).otherwise(0).cast(pl.UInt8)
            | pl.when(email != bare).then(_bit("domain-case")).otherwise(0).cast(pl.UInt8),
        )
    )


def _examined(spellings: pl.Series) -> pl.DataFrame:
    """The same table, ``cell``, ``email``, ``others`` (String?) and ``rules`` (UInt8), for all other spellings."""
    rows = [
        (text, answer.email, answer.others, sum(_bit(rule) for rule in answer.rules))
        for text in spellings
        for answer in (examine(text),)
    ]
    schema = {"cell": pl.String, "email": pl.String, "others": pl.String, "rules": pl.UInt8}
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cell holds: the address to use, the other valid ones joined by ", ", and the rules that applied."""

    email: str | None
    others: str | None = None
    rules: tuple[str, ...] = ()


def examine(text: str) -> Answer:
    """Read one cell of an e-mail column."""
    bare = _INVISIBLE.sub("", text).replace("＠", "@").strip()
    if not bare:
        return Answer(None)
    if _is_placeholder(bare):
        return Answer(None, rules=("placeholder",))
    pieces = [piece for piece in _pieces(bare) if not _is_placeholder(piece)]
    valid = {email: piece for piece in reversed(pieces) if (email := validated(piece)) is not None}
    may_be_one_mistyped = "," in bare and not all("@" in piece for piece in pieces)
    if may_be_one_mistyped or not valid:
        return Answer(None, rules=("invalid-left-out",))
    email, *others = reversed(valid)
    rules = [
        *(["tidied"] if valid[email] != text and not others else []),
        *(["domain-case"] if email != valid[email] else []),
        *(["several"] if others else []),
    ]
    return Answer(email, ", ".join(others) or None, tuple(rules))


def validated(address: str) -> str | None:
    """``address`` as email-validator writes it, or None where its syntax is wrong.

    Only syntax counts and no server is asked. Domains kept for tests and private networks (.invalid, .test, .local …),
    which email-validator refuses for what they are, are judged by their syntax too, as if below a public domain.
    """
    if address.count("@") != 1:  # a second one is right only in quotes, which email-validator refuses too, but slowly
        return None
    suffix = _PUBLIC if address.lower().endswith(_SPECIAL_USE) else ""
    try:
        answer = validate_email(address + suffix, check_deliverability=False)
    except EmailNotValidError:
        return None
    return answer.normalized.removesuffix(suffix)


def _pieces(text: str) -> Iterable[str]:
    """The addresses in a cell, without what is written around them."""
    parts = _BRACKETED.findall(text) or _SEPARATOR.split(text)
    if len(parts) == 1 and all("@" in word for word in text.split()):
        parts = parts[0].split()
    bare = [_SCHEME.sub("", part.strip(_AROUND)).partition("?")[0].strip(_AROUND) for part in parts]
    return [part for part in bare if part]


def _is_placeholder(text: str) -> bool:
    return (
        text.casefold() in _PLACEHOLDERS
        or _NO_WORD.match(text) is not None
        or re.match(_PLACEHOLDER_ADDRESS, text) is not None
    )


def _bit(rule: str) -> int:
    return 1 << _RULES.index(rule)
