"""What the target sends, and what it understands of answers in every shape."""

import json
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from importer.settings.settings import load_settings
from importer.targets import Complaint, Found, Refusal, Reply, Target, answers, open_target
from tests.support.wire_contacts import FIELDS, KEY

SCHEMA = dict.fromkeys(FIELDS, pl.String)


@pytest.fixture(scope="module")
def idle_target() -> Iterator[Target]:
    with open_target(load_settings({"base_url": "https://app.voxpria.com"}), SecretStr(KEY)) as target:
        yield target


TEXTS = st.none() | st.text(max_size=12)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS[1:4], TEXTS)), max_size=6), st.data())
def test_the_body_holds_exactly_the_contacts(
    idle_target: Target, rows: list[dict[str, str | None]], data: st.DataObject
) -> None:
    """Whatever the texts are, parsing the body gives the contacts again, blanks left out."""
    metadata = [data.draw(st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=5))) for _ in rows]
    full = [
        row | {"phone": f"+1415555{n:04}", "metadata": None if m is None else json.dumps(m)}
        for n, (row, m) in enumerate(zip(rows, metadata, strict=True))
    ]
    body = idle_target.encode(pl.DataFrame(full, schema=SCHEMA))
    names = {"phone": "phone", "first_name": "firstName", "last_name": "lastName", "email": "email"}
    expected = [
        {wire: row[name] for name, wire in names.items() if row[name]} | ({"metadata": m} if m else {})
        for row, m in zip(full, metadata, strict=True)
    ]
    assert json.loads(body) == {"contacts": expected}


def reply_to(errors: object, **more: object) -> Reply | None:
    data = {"imported": 1, "skipped": 0, "errors": errors}
    return answers.read_reply(json.dumps({"success": True, "data": data} | more).encode())


ERROR_SHAPES: list[tuple[object, list[Complaint]]] = [
    ([{"index": 0, "message": "bad"}], [Complaint(0, None, "bad")]),
    ([{"row": "3", "error": "bad"}], [Complaint(3, None, "bad")]),
    ([{"position": 2, "reason": "bad", "code": "E1"}], [Complaint(2, None, "E1: bad")]),
    ([{"phone": "+14155550100", "message": "bad"}], [Complaint(None, "+14155550100", "bad")]),
    ([{"phoneNumber": "+1 (415) 555-0100"}], [Complaint(None, "+14155550100", "")]),
    ([{"contact": {"phone": "+14155550100"}, "error": {"code": "X", "message": "m"}}],
     [Complaint(None, "+14155550100", "X: m")]),
    (["Row 3: bad"], [Complaint(3, None, "Row 3: bad")]),
    (["+14155550100 is bad"], [Complaint(None, "+14155550100", "+14155550100 is bad")]),
    (["bad\x1b[31m\u202e thing"], [Complaint(None, None, "bad [31m thing")]),
    ([4], [Complaint(4)]),
    ([None, True, 1.5], [Complaint(), Complaint(), Complaint()]),
    ({"4": "bad"}, [Complaint(4, None, "bad")]),
    ({"+14155550100": ["bad", "worse"]}, [Complaint(None, "+14155550100", "bad")]),
    ({"4": []}, [Complaint(4)]),
    ({"4": {"index": 9, "message": "bad"}}, [Complaint(4, None, "bad")]),
    ({"x": {"index": 9, "message": "bad"}}, [Complaint(9, None, "bad")]),
    (["Rows: row 3 and row 4, +14155550100 and +14155550101"],
     [Complaint(None, None, "Rows: row 3 and row 4, +14155550100 and +14155550101")]),
    ([{"phone": "+14155550100", "number": "+14155550101"}], [Complaint(None, "+14155550100", "")]),
    ([{"code": "bad", "message": "bad"}, {"code": "E1"}], [Complaint(text="bad"), Complaint(text="E1")]),
    ([], []),
]  # fmt: skip


@pytest.mark.parametrize(("errors", "complaints"), ERROR_SHAPES)
def test_every_shape_of_errors_is_understood(errors: object, complaints: list[Complaint]) -> None:
    """Objects, texts, numbers and maps: what they name is found, and each entry counts."""
    assert reply_to(errors) == Reply(1, 0, len(complaints), tuple(complaints))


def test_a_bare_count_and_missing_errors_are_counts() -> None:
    """An API that only counts its errors is understood as far as it goes."""
    assert reply_to(7) == Reply(1, 0, 7)
    assert reply_to(None) == Reply(1, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"null", b"1e999", b"[" * 100_000, b'{"success": true}',
        b'{"success": true, "data": {"imported": NaN, "skipped": 0}}',
        b'{"success": true, "data": {"imported": 1, "imported": 2, "skipped": 0}}',
        b'{"success": true, "data": {"imported": -1, "skipped": 0}}',
        b'{"success": true, "data": {"imported": true, "skipped": 0}}',
        b'{"success": true, "data": {"imported": 1.0, "skipped": 0}}',
        b'{"success": true, "data": {"imported": "1", "skipped": 0}}',
        b'{"success": true, "data": {"imported": ' + b"9" * 400 + b', "skipped": 0}}',
        b'{"success": true, "data": {"imported": ' + b"9" * 9000 + b', "skipped": 0}}',
        b'{"success": true, "data": {"imported": 1}}',
        b'{"success": true, "data": {"imported": 1, "skipped": 0, "errors": "none"}}',
        b'{"success": false, "data": {"imported": 1, "skipped": 0}}',
        b'{"data": {"imported": 1, "skipped": 0}}',
        b'\xff\xfe{"success": true}',
    ],
    ids=range(20),
)  # fmt: skip
def test_an_answer_with_any_doubt_is_not_read(body: bytes) -> None:
    """What is not JSON, lacks a count or contradicts itself says nothing."""
    assert answers.read_reply(body) is None


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["success", "data", "errors", "error", "imported", "skipped", "contacts", "id", "phone"]),
        inner, max_size=6),
    max_leaves=20,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_answer_breaks_the_reading(body: bytes) -> None:
    """Any bytes are read or left, without an error; what is read has counts that are counts, and short words."""
    reply, refusal, page = answers.read_reply(body), answers.read_refusal(body), answers.read_page(body)
    assert reply is None or min(reply.imported, reply.skipped, reply.errors - len(reply.complaints)) >= 0
    texts = [
        refusal.text,
        *(complaint.text for complaint in (*refusal.complaints, *(reply.complaints if reply else ()))),
    ]
    assert all(len(text) <= answers.TEXT_LENGTH and text.isprintable() for text in texts)
    assert page is None or all(contact.phone.startswith("+") and contact.contact_id for contact in page.contacts)


CONTACT = {"contactId": "c1", "phone": "+14155550100", "createdAt": "2026-02-09T12:00:00Z"}


FOUND = Found("c1", "+14155550100", 1770638400.0)


@pytest.mark.parametrize(
    ("answer", "total"),
    [
        ([CONTACT], None),
        ({"success": True, "data": [CONTACT], "total": 9}, 9),
        ({"data": {"contacts": [CONTACT], "pagination": {"total": 9}}}, 9),
        ({"data": {"items": [{"id": "c1", "phoneNumber": "+1 415 555 0100", "created_at": 1770638400}]}}, None),
        ({"results": [CONTACT], "meta": {"totalCount": 9}}, 9),
        ({"results": [CONTACT], "meta": {"pagination": {"total": 9}}}, 9),
        ({"results": [CONTACT], "total": "some", "count": 9}, 9),
        ({"data": {"data": {"data": [CONTACT]}}}, None),
    ],
)
def test_every_shape_of_a_list_is_understood(answer: object, total: int | None) -> None:
    """Bare or wrapped, with its total wherever it is."""
    page = answers.read_page(json.dumps(answer).encode())
    assert page is not None
    assert (page.contacts, page.total) == ((FOUND,), total)


@pytest.mark.parametrize(
    "answer",
    [
        [CONTACT, {"name": "x"}], [CONTACT, {"id": "c2", "phone": 4155550100}], [CONTACT, {"phone": "+14155550100"}],
        {"success": False, "data": [CONTACT]}, {"data": {"data": {"data": {"data": [CONTACT]}}}}, {"data": CONTACT},
    ],
)  # fmt: skip
def test_a_list_with_an_entry_that_is_no_contact_is_no_list(answer: object) -> None:
    """An unreadable entry could be the contact that is looked for, so absence must not be concluded from it."""
    assert answers.read_page(json.dumps(answer).encode()) is None


def test_what_a_contact_does_not_tell_is_not_there() -> None:
    """Blank words and metadata of another kind; an id may be a number, and the first name that tells one counts."""
    told = {"contactId": None, "id": 7, "phone": "+14155550100", "firstName": "", "email": 5, "metadata": "x"}
    assert answers.read_found(told) == Found("7", "+14155550100", None)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"<html>", Refusal("")),
        (b'"gone"', Refusal("gone")),
        (b'{"error": {"message": "no", "errors": ["row 3"]}}', Refusal("no", (Complaint(3, None, "row 3"),))),
        (b'{"message": "no", "data": {"failed": {"4": "bad"}}}', Refusal("no", (Complaint(4, None, "bad"),))),
        (b'{"message": "no", "errors": 3}', Refusal("no")),
    ],
)
def test_a_refusal_is_read_wherever_its_words_are(body: bytes, refusal: Refusal) -> None:
    """At the top, under the error or beside the data; without JSON it has none."""
    assert answers.read_refusal(body) == refusal


def test_counts_and_words_have_their_bounds() -> None:
    """A billion, 200 characters, and 1,600 that are looked at."""
    assert (answers.count(10**9), answers.count(10**9 + 1), answers.count(0), answers.count(-1)) == (
        10**9,
        None,
        0,
        None,
    )
    assert answers.clean("x" * 300) == "x" * 200
    assert (answers.clean(" " * 1599 + "x"), answers.clean(" " * 1600 + "x")) == ("x", "")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (CONTACT, FOUND),
        ({"success": True, "data": CONTACT}, FOUND),
        ({"data": {"contact": CONTACT}}, FOUND),
        ({"contact": CONTACT, "data": 5}, FOUND),
        ({"success": False, "data": CONTACT}, None),
        ({"success": True}, None),
        ({"success": True, "data": {"phone": "+14155550100"}}, None),
        ([CONTACT], None),
        ("<html>", None),
    ],
)
def test_one_contact_is_read_bare_or_wrapped(body: object, found: Found | None) -> None:
    """Without its id and its number it is none; nor is one of an answer that says no."""
    assert answers.read_contact(body.encode() if isinstance(body, str) else json.dumps(body).encode()) == found


@pytest.mark.parametrize(
    ("body", "is_no"),
    [(b'{"success": false}', True), (b'{"success": true}', False), (b"{}", False), (b"[]", False), (b"<html>", False)],
)
def test_only_an_answer_that_says_so_says_no(body: bytes, is_no: bool) -> None:
    """What is no JSON, or does not speak of success, says nothing."""
    assert answers.says_no(body) is is_no


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (1770638400, 1770638400.0), (1770638400123, 1770638400.123), ("2026-02-09T12:00:00", 1770638400.0),
        ("2026-02-09T13:00:00+01:00", 1770638400.0), ("lately", None), (True, None), (0, None), (1e14, None),
        (None, None), (1, 1.0), (1e11, 1e11), (1e11 + 1, 100_000_000.001), (1e14 - 1, 99_999_999_999.999),
    ],
)  # fmt: skip
def test_a_moment_is_read_in_every_form(text: object, moment: float | None) -> None:
    """Seconds, milliseconds and ISO dates, in UTC where no zone is told; anything else is none."""
    assert answers.epoch(text) == moment
