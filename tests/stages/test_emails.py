"""E-mail: one valid address or none."""

import re
from pathlib import Path

import polars as pl
import pytest
from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.stages.email_domains import meant_domain
from importer.stages.emails import Emails, examine, validated
from importer.stages.plain_emails import MAILBOXES

DOMAINS = Path(__file__).parents[1] / "data" / "email_domains.txt"


def emails(cells: list[str | None], **columns: list[str | None]) -> pl.DataFrame:
    data = {"email": cells, "changes": [None] * len(cells), **columns}
    return Emails()(pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)))


@pytest.mark.parametrize(
    ("cell", "email", "note"),
    [
        ("ann@example.com", "ann@example.com", None),
        ("Ann.Lee+list@example.com", "Ann.Lee+list@example.com", None),
        ("Ann@EXAMPLE.COM", "Ann@example.com", "domain-case"),
        (" ann@example.com\n", "ann@example.com", "tidied"),
        ("\u00a0ann@exam\u200bple.com", "ann@example.com", "tidied"),
        ("mailto:ann@example.com", "ann@example.com", "tidied"),
        ("mailto:ann@example.com?subject=Hi", "ann@example.com", "tidied"),
        ("Ann Lee <ann@example.com>", "ann@example.com", "tidied"),
        ("Ann Lee [mailto:ann@example.com]", "ann@example.com", "tidied"),
        ("<ann@Example.com>", "ann@example.com", "tidied; email:domain-case"),
        ("'ann@example.com'", "ann@example.com", "tidied"),
        ("ann@example.com;", "ann@example.com", "tidied"),
        ("ann＠example.com", "ann@example.com", "tidied"),
        ("ann@example.com, ann@example.com", "ann@example.com", "tidied"),
        ("ann@bücher.example", "ann@bücher.example", None),
        ("ann@list.invalid", "ann@list.invalid", None),
        ("home: ann@example.com", "ann@example.com", "tidied"),
        ("smtp:ann@example.com", "ann@example.com", "tidied"),
        ("e-mail is ann@example.com", "ann@example.com", "tidied"),
        ("202-555-0101 ann@example.com", "ann@example.com", "tidied"),
        ("ann@example.com, 202-555-0101", "ann@example.com", "tidied"),
        ("ann@example.com (bounced)", "ann@example.com", "tidied"),
        ("ann@example.com privat", "ann@example.com", "tidied"),
        ("Ann Lee (ann@example.com)", "ann@example.com", "tidied"),
        ("*ann@example.com!", "ann@example.com", "tidied"),
        ("none@none.com; ann@example.com", "ann@example.com", "tidied"),
        ("no, ann@example.com", "ann@example.com", "tidied"),
        ("ann@example.co m", None, "invalid-left-out"),
        ("ann@example.co,uk", None, "invalid-left-out"),
        ("lee ann@example.com", None, "invalid-left-out"),
        ("ann@example.c", None, "invalid-left-out"),
        (f"{'a' * 65}@example.com", None, "invalid-left-out"),
        ("ann smith@example.com", None, "invalid-left-out"),
        ("ann,smith@example.com", None, "invalid-left-out"),
        ("ann@@example.com", None, "invalid-left-out"),
        ("ann.example.com", None, "invalid-left-out"),
        ("ann@localhost", None, "invalid-left-out"),
        ("ann@192.0.2.1", None, "invalid-left-out"),
        (".ann@example.com", "ann@example.com", "tidied"),
        ("ann@example..com", None, "invalid-left-out"),
        ("none@none.com", None, "placeholder"),
        ("noemail@example.com", None, "placeholder"),
        ("No-Email@example.com", None, "placeholder"),
        ("not.provided@example.com", None, "placeholder"),
        ("x@x.com", None, "placeholder"),
        ("test@test.com", None, "placeholder"),
        ("na@na.com", None, "placeholder"),
        ("nomailer@example.com", "nomailer@example.com", None),
        ("x@y.example.com", "x@y.example.com", None),
        ("ann@gmial.com", "ann@gmial.com", "typo-suspected"),
        (" ann@Gmial.com", "ann@gmial.com", "tidied; email:domain-case; email:typo-suspected"),
        ("ann@ymail.com", "ann@ymail.com", None),
        ("N/A", None, "placeholder"),
        ("-", None, "placeholder"),
        ("keine", None, "placeholder"),
        ("", None, None),
        ("  ", None, None),
        (None, None, None),
    ],
)
def test_a_cell_becomes_an_address_or_nothing(cell: str | None, email: str | None, note: str | None) -> None:
    """What is around the address goes, a bad one is left out, and each change is noted."""
    assert emails([cell]).row(0) == (email, None if note is None else f"email:{note}")


@pytest.mark.parametrize(
    "cell",
    [
        "a@example.com; b@example.com",
        "a@example.com ::: b@example.com",
        "a@example.com b@example.com",
        "Ann <a@example.com>, Bob <b@example.com>",
        "a@@example.com; a@example.com; b@example.com",
        "unknown; a@example.com | b@example.com",
        "a@example.com or b@example.com",
        "a@example.com/b@example.com",
        "a@example.com\\b@example.com",
        "a@example.com oppure b@example.com",
        "a@example.com или b@example.com",
        "a@example.com、b@example.com",
        "メール：a@example.com；b@example.com",
        "smtp:b@example.com;SMTP:a@example.com",
        '["a@example.com","b@example.com"]',
        '[{"email": "a@example.com"}, {"email": "b@example.com"}]',
        '<a href="mailto:a@example.com">a@example.com</a>, b@example.com',
        "email=a@example.com, &lt;b@example.com&gt;",
        "a@example.com - b@example.com",
        "work a@example.com home b@example.com",
        "SMTP:a@example.com;smtp:b@example.com",
        "1. a@example.com 2. b@example.com",
        "a@example.com (old: b@example.com)",
        "a@example.com; cc: b@example.com",
    ],
)
def test_the_first_valid_of_several_is_taken(cell: str) -> None:
    """The others travel as metadata and nothing is lost."""
    frame = emails([cell, "c@example.com"])
    assert frame["email"].to_list() == ["a@example.com", "c@example.com"]
    assert frame["meta:other e-mail"].to_list() == ["b@example.com", None]
    assert frame["changes"].to_list() == ["email:several", None]


def test_a_filled_column_of_other_addresses_is_kept() -> None:
    """A column of the file with the same name beats what was found in the cell."""
    frame = emails(["a@example.com; b@example.com"] * 2, **{"meta:other e-mail": ["c@example.com", None]})
    assert frame["meta:other e-mail"].to_list() == ["c@example.com", "b@example.com"]


def test_earlier_changes_are_kept() -> None:
    """Notes are added to those that were there."""
    assert emails(["A@B.EXAMPLE"], changes=["first_name:case"])["changes"][0] == "first_name:case; email:domain-case"


def test_typos_of_domains_are_told_from_domains() -> None:
    """No domain of nearly 400 in use is suspected; of 110 typos nine in ten are, and taken for what was meant."""
    _, real, mistyped = re.split(r"^\[.*\]$", DOMAINS.read_text("utf-8"), flags=re.MULTILINE)
    assert [domain for domain in real.split() if meant_domain(domain)] == []
    typos = [pair.split("=") for pair in mistyped.split()]
    missed = [typo for typo, meant in typos if meant_domain(typo) != meant]
    assert len(missed) <= len(typos) / 10, missed


def test_an_empty_frame_passes() -> None:
    """No rows, no trouble."""
    assert emails([]).height == 0


SPACE = st.sampled_from(["", "", " ", "  "])
SAFE_LOOKING = st.one_of(
    st.from_regex(r"[A-Za-z0-9._+-]{1,20}@[A-Za-z0-9.-]{1,20}\.[A-Za-z]{1,6}", fullmatch=True),
    st.from_regex(r"(?i:info|sales|none|ann)@(none|xn--a|a--b|example|test)\.(com|TEST|invalid|c0)", fullmatch=True),
    st.from_regex(r"[a-z]{50,70}@[a-z]{60,66}\.com", fullmatch=True),
    st.from_regex(r"(mailto:)?[a-zA-Z0-9._+ -]{1,12}@[a-z0-9.-]{1,9}\.[A-Za-z]{1,3}", fullmatch=True),
    st.from_regex(r"(No|none|n/a|xxx|Ann|a\.b|,|_|-|[ ;]){1,3}", fullmatch=True),
    st.text(max_size=20),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.builds("{0}{1}{2}".format, SPACE, SAFE_LOOKING, SPACE), min_size=5, max_size=10))
def test_the_columnar_path_gives_what_the_plain_one_gives(cells: list[str]) -> None:
    """Whatever the regular expressions settle is what ``examine`` says of the same cell, the notes included."""
    frame = emails(list(cells))
    answers = [examine(cell) for cell in cells]
    assert frame["email"].to_list() == [answer.email for answer in answers]
    mistyped = [answer.email is not None and meant_domain(answer.email.rpartition("@")[2]) for answer in answers]
    rules = [
        (*answer.rules, *(["typo-suspected"] if typo else [])) for answer, typo in zip(answers, mistyped, strict=True)
    ]
    notes = ["; ".join(f"email:{rule}" for rule in several) or None for several in rules]
    assert frame["changes"].to_list() == notes


@settings(deadline=None)  # the first look at an international domain loads a table
@given(SAFE_LOOKING)
def test_every_address_is_one_that_email_validator_accepts(cell: str) -> None:
    """No other syntax gets through, and an address that came out stays as it is when read again."""
    email = emails([cell])["email"][0]
    if email is not None:
        local, domain = email.rsplit("@", 1)
        public = validate_email(f"{local}@{domain}.example", check_deliverability=False).normalized
        assert public == f"{email}.example"
        assert examine(email).email == email


@settings(deadline=None)
@given(st.emails())
def test_only_what_email_validator_refuses_is_refused(cell: str) -> None:
    """An address below a public domain is left out only where email-validator says so."""
    try:
        expected: str | None = validate_email(cell, check_deliverability=False).normalized
    except EmailNotValidError as refusal:
        expected = validated(cell) if "special-use" in str(refusal) else None
    assert validated(cell) == expected


def test_the_mailboxes_whose_letters_change_are_email_validators() -> None:
    """They are written out, so that a list without odd addresses does not load it."""
    assert set(MAILBOXES.split("|")) == set(CASE_INSENSITIVE_MAILBOX_NAMES)
