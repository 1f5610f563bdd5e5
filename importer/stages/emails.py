"""E-mail: one address in the form that email-validator gives it, or none; never a reason to lose the contact."""

import re
from dataclasses import dataclass
from html import unescape

import polars as pl

from importer.models.frames import META, noted
from importer.stages.email_domains import meant_domain
from importer.stages.plain_emails import (
    MAILBOX_IN_CAPITALS,
    MOST_SAFE_CHARACTERS,
    PLACEHOLDER_ADDRESS,
    PLACEHOLDERS,
    RULES,
    SAFE,
    SAFE_LOWER,
    bit,
    is_safe,
    part,
    plainly_read,
)

_OTHERS = META + "other e-mail"
_TYPO = f"email:{RULES[-1]}"
_PUBLIC = ".example"
_LONGEST = 1_000
"""Characters of a cell that is looked at for addresses; the patterns may take the square of that."""
_NO_WORD = re.compile(r"[\W_]*\Z")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_TOKEN = re.compile(r"[^\s;,|<>()\[\]{}]+|[;,|<>()\[\]{}\n\r]")
_SCHEME = re.compile(r"(?i)\A(?:[^\W\d_][\w-]*\s*:\s*|(?:e-?mail|mail|to|address)=)(?=[^@]*@)")
_AROUND = " \t\u00a0\"'‘’“”.*!?:•–—~"
_LONGEST_LOCAL = 64
"""Octets (RFC 5321, section 4.5.3.1.1)."""
_SHORTEST_TOP = 2
"""Letters: there is no top-level domain of one."""
_WIDE = str.maketrans("＠，；：、＜＞", "@,;:;<>")
_LINK = re.compile(r"(?i)<a\s[^<>]*>|</a>")
_NOTATION = str.maketrans(dict.fromkeys("[]{}\"'", " ") | {":": " : "})
"""Signs that programs write around the values of a list: ``[{"email": "ann@example.com"}]``."""
_MAIN = re.compile(r"SMTP:(\S+@[^\s;,]+)")
"""Exchange's mark of the one of several addresses that is a person's main one."""
_BESIDE = frozenset(
    """
    oppure lub albo oraz или либо и або та eller tai ja ya veya ve atau dan hoặc és vagy sau și nebo ή και או و أو
    or and und oder o ou u y e et en i og och bzw bien cc bcc to smtp mail email e-mail mailto correo courriel is ist
    es est work home office private privat privé personal personale geschäftlich arbeit büro casa trabajo lavoro travail
    bureau alt old new neu also auch main other alternate secondary primary mobile - – — + & / : = # • *
    """.split()  # noqa: SIM905
)
"""Labels before an address that are no part of it; another word may be half of one ("ann lee@…")."""
_FIGURES = re.compile(r"[+#(]?\d[\d./()-]*\Z")


class Emails:
    """Gives each row one valid e-mail address or none.

    Needs ``email`` (String?), ``changes`` and replaces the first by the address with its domain in small letters; null
    where there is none, or none that is valid. The first valid one of several is taken, the others go to
    ``meta:other e-mail`` (String?, present where a row has any). Notes ``email:tidied`` (white space, invisible
    characters, ``mailto:``, brackets), ``:domain-case``, ``:several``, ``:placeholder``, ``:invalid-left-out`` and
    ``:typo-suspected`` (``meant_domain`` knows a likelier domain; the address stays as it is). Settles nothing: a
    contact with a bad address is still imported.
    """

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        cells = frame.get_column("email")
        places = (~is_safe(cells, SAFE_LOWER)).arg_true()
        if places.len():
            answers = _answered(cells.gather(places))
            email = cells.clone().scatter(places, answers["email"])
            frame = _with_others(frame.with_columns(email), places, answers["others"])
        rules = pl.Series([0], dtype=pl.UInt8).new_from_index(0, cells.len())
        if places.len():
            rules = rules.scatter(places, answers["rules"])
        hits = {rule: (rules & bit(rule)) != 0 for rule in RULES} | {RULES[-1]: _is_mistyped(frame["email"])}
        notes = [(f"email:{rule}", pl.lit(hit)) for rule, hit in hits.items() if hit.any()]
        return frame.with_columns(noted(notes)) if notes else frame


def _is_mistyped(emails: pl.Series) -> pl.Series:
    domains = part(emails, 1)
    return domains.is_in([domain for domain in domains.unique().drop_nulls() if meant_domain(domain)])


def suspected(staged: pl.LazyFrame) -> pl.LazyFrame:
    """Return the prepared rows whose address has a domain that was probably mistyped."""
    return staged.filter(pl.col("changes").str.contains(_TYPO, literal=True))


def _with_others(frame: pl.DataFrame, places: pl.Series, others: pl.Series) -> pl.DataFrame:
    """Return the frame with the further addresses of these rows, if there are any, as metadata."""
    if others.null_count() == others.len():
        return frame
    column = pl.Series(_OTHERS, [None], dtype=pl.String).new_from_index(0, frame.height).scatter(places, others)
    own = [pl.col(_OTHERS)] if _OTHERS in frame.columns else []
    return frame.with_columns(pl.coalesce(*own, column).alias(_OTHERS))


def _answered(cells: pl.Series) -> pl.DataFrame:
    """Return ``email``, ``others`` (String?), ``rules`` (UInt8) of each cell by ``examine``; each spelling once."""
    plain = plainly_read(cells)
    places = plain["rules"].is_null().arg_true()
    if places.is_empty():
        return plain
    rest = cells.gather(places)
    rows = pl.DataFrame({"cell": rest}).join(_examined(rest.unique()), on="cell", how="left", maintain_order="left")
    return pl.DataFrame([column.clone().scatter(places, rows[column.name]) for column in plain])


def _examined(spellings: pl.Series) -> pl.DataFrame:
    """Return ``cell`` and these columns for all other spellings."""
    rows = [
        (text, answer.email, answer.others, sum(bit(rule) for rule in answer.rules))
        for text in spellings
        for answer in (examine(text),)
    ]
    schema = {"cell": pl.String, "email": pl.String, "others": pl.String, "rules": pl.UInt8}
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True, slots=True)
class Answer:
    """The result for a cell: the address to use, the other valid ones joined by ", ", and the rules that applied."""

    email: str | None
    others: str | None = None
    rules: tuple[str, ...] = ()


def examine(text: str) -> Answer:
    """Read one cell of an e-mail column; of an address that is written twice the first spelling counts."""
    bare = _INVISIBLE.sub("", text).translate(_WIDE).strip()
    if not bare:
        return Answer(None)
    if bare.count("@") < 2 and _is_placeholder(bare):
        return Answer(None, rules=("placeholder",))
    if len(bare) > _LONGEST:
        return Answer(None, rules=("invalid-left-out",))
    valid = {email: piece for piece in reversed(_addresses(bare)) if (email := validated(piece)) is not None}
    if not valid:
        return Answer(None, rules=("invalid-left-out",))
    email, *others = reversed(valid)
    rules = [
        *(["tidied"] if valid[email] != text and not others else []),
        *(["domain-case"] if email != valid[email] else []),
        *(["several"] if others else []),
    ]
    return Answer(email, ", ".join(others) or None, tuple(rules))


def validated(address: str) -> str | None:
    """Return ``address`` as email-validator writes it; None if its syntax is wrong.

    Only syntax counts and no server is asked. Domains kept for tests and private networks (.invalid, .test, .local …),
    which email-validator refuses for what they are, are judged by their syntax too, as if below a public domain.
    """
    if _is_plainly_valid(address):
        local, _, domain = address.partition("@")
        return f"{local}@{domain.lower()}"
    if len(address.partition("@")[0].encode()) > _LONGEST_LOCAL or len(address.rpartition(".")[2]) < _SHORTEST_TOP:
        return None
    if address.count("@") != 1:  # a second one is right only in quotes, which email-validator refuses too, but slowly
        return None
    # Most lists need it for none of their addresses, and to import it takes as long as to read 10,000 of them.
    from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email  # noqa: PLC0415

    special = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
    suffix = _PUBLIC if address.lower().endswith(special) else ""
    try:
        answer = validate_email(address + suffix, check_deliverability=False)
    except EmailNotValidError:
        return None
    return answer.normalized.removesuffix(suffix)


def _is_plainly_valid(address: str) -> bool:
    is_short = len(address) <= MOST_SAFE_CHARACTERS
    return is_short and re.fullmatch(SAFE, address) is not None and re.match(MAILBOX_IN_CAPITALS, address) is None


def _addresses(text: str) -> list[str]:
    """Return what may be addresses in a cell, without what is written around and beside them.

    None where a comma or a space may have slipped into one: "ann,lee@…", "ann lee@…", "ann@…,com".
    """
    text = _LINK.sub(" ; ", unescape(text) if "&" in text else text)
    text = text.translate(_NOTATION) if text[:1] in {"[", "{"} else text
    text = " ".join(_split_at_slashes(word) for word in text.replace("\n", ";").replace("\r", ";").split())
    if "smtp:" in text and (main := _MAIN.search(text)):
        text = f"{main[1]} ; {text.replace(main[0], ' ')}"
    tokens = _TOKEN.findall(text)
    found = []
    for place, token in enumerate(tokens):
        if "@" not in token:
            continue
        address = _SCHEME.sub("", token.strip(_AROUND)).partition("?")[0].strip(_AROUND)
        if _is_placeholder(address):
            continue
        if not (_may_stand_before(tokens[:place]) and _may_stand_behind(tokens[place + 1 :])):
            return []
        found.append(address)
    return found


def _split_at_slashes(word: str) -> str:
    """Return the word with two addresses in it set apart; a slash alone may be part of a name."""
    return word.replace("/", " ; ").replace("\\", " ; ") if word.count("@") > 1 else word


def _may_stand_before(tokens: list[str]) -> bool:
    """Return True if what is before an address is something else's: a label, a number, what has a sign behind it."""
    if not tokens:
        return True
    last = tokens[-1]
    if last == ",":
        before = next((place for place in range(len(tokens) - 2, -1, -1) if tokens[place] in ";,|<>()[]"), -1)
        words = tokens[before + 1 : -1]
        return any("@" in word for word in words) or all(_is_beside(word) or _is_placeholder(word) for word in words)
    return "@" in last or last in ";|<>()[]{}" or last.endswith(":") or _is_beside(last)


def _may_stand_behind(tokens: list[str]) -> bool:
    """Return True if what follows an address is no rest of its domain: "ann@example.co m", "ann@example.co, uk"."""
    if not tokens:
        return True
    word = tokens[1] if tokens[0] == "," and len(tokens) > 1 else tokens[0]
    is_short = word.isalpha() and len(word) < (4 if tokens[0] == "," else 3)
    return not is_short or word.casefold() in _BESIDE


def _is_beside(word: str) -> bool:
    return word.casefold() in _BESIDE or _FIGURES.match(word) is not None


def _is_placeholder(text: str) -> bool:
    return (
        text.casefold() in PLACEHOLDERS
        or _NO_WORD.match(text) is not None
        or re.match(PLACEHOLDER_ADDRESS, text) is not None
    )
