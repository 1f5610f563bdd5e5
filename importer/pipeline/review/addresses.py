"""E-mail addresses that are one mailbox, or that may be meant for one."""

import polars as pl

from importer.pipeline.review.distinct import judged
from importer.stages.typos import is_one_typo_apart

_SHORTEST_LOCAL = 4
_SHORTEST_MISTYPED = 5
"""Letters, so that one typo leaves the first two or the last two as they are."""
_ROLES = frozenset(
    "info sales office contact admin mail email hello support team service kontakt post accounts".split()  # noqa: SIM905
)


def keyed(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return ``position`` and hashes of ``email`` (UInt64?) that are equal if two addresses are, or may be, one.

    ``same``: the address as its provider reads it: lower case, nothing after a plus, no dots at Gmail. If
    ``is_nearly_same_address`` is True for two addresses, at least one of ``local``, ``start`` and ``end`` is equal.
    These hold the numbers in the address, too: an address with another number is another person's.
    """
    email, numbers, local, at = (pl.col(name) for name in ("email", "numbers", "local", "at"))
    domain = pl.col("domain").replace("googlemail.com", "gmail.com")
    undotted = pl.when(domain == "gmail.com").then(local.str.replace_all(".", "", literal=True)).otherwise(local)
    # Step by step, because polars does not see that several expressions begin alike.
    return (
        rows.select(
            "position",
            numbers=email.str.replace_all(r"\D+", " ").hash(5),
            parts=email.str.to_lowercase().str.split_exact("@", 1),
        )
        .select("position", "numbers", pl.col("parts").struct.rename_fields(["local", "domain"]))
        .unnest("parts")
        .with_columns(local=local.str.replace(r"\+.*", ""), at=pl.when(domain.is_not_null()).then(domain.hash()))
        .with_columns(mailbox=undotted)
        .select(
            "position",
            same=pl.col("mailbox").hash(1) + at,
            local=pl.when(at.is_not_null()).then(local.hash(2) + numbers),
            start=local.str.head(2).hash(3) + at + numbers,
            end=local.str.tail(2).hash(4) + at + numbers,
        )
    )


def is_nearly_same_address(a: str, b: str) -> bool:
    """Return True if two addresses may be meant for one mailbox: a typo in the name, or another provider.

    Expects addresses with the same numbers in them. False for mailboxes of a role, such as ``info``.
    """
    (local, _, domain), (other, _, other_domain) = a.lower().partition("@"), b.lower().partition("@")
    if min(len(local), len(other)) < _SHORTEST_LOCAL or local in _ROLES:
        return False
    is_long = min(len(local), len(other)) >= _SHORTEST_MISTYPED
    return local == other or (is_long and domain == other_domain and is_one_typo_apart(local, other))


def are_nearly_same(ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """Return True where ``is_nearly_same_address`` is, and both addresses have the same numbers in them."""
    a, b = pl.col("ours"), pl.col("theirs")
    has_numbers = a.str.replace_all(r"\D+", " ") == b.str.replace_all(r"\D+", " ")
    halves = [text.str.split_exact("@", 1).struct for text in (a, b)]
    has_half = pl.any_horizontal(halves[0].field(half) == halves[1].field(half) for half in ("field_0", "field_1"))
    return judged(ours, theirs, has_numbers & has_half, is_nearly_same_address)
