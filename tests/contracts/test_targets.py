"""What every API must do; a new one is tested by being listed in ``TARGETS``, once its settings are here."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from importer.settings.settings import load_settings
from importer.targets import TARGETS, Target, checked_base_url, connector
from tests.support.described import DESCRIPTION

KEY = SecretStr("agl_sk_contract_fictional")
NOBODY = "http://127.0.0.1:1"
JUNK = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "no names": b"{}",
    "no text": b"\xff\xfe",
    "a count of words": b'{"imported": "many"}',
    "a page of one": b'{"data": 7}',
    "depth": b"[" * 3000,
    "a web page": b"<html>",
    "a text": b'"x"',
}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """Each API in turn, open; nothing answers at its address."""
    description = tmp_path / "my-api.toml"
    description.write_text(re.sub(r'(?m)^base_url = ".*"$', f'base_url = "{NOBODY}"', DESCRIPTION), "utf-8")
    flags: dict[str, dict[str, Any]] = {"voxpria": {"base_url": NOBODY}, "described": {"target": description}}
    assert request.param in flags, f"{request.param} has no settings here: add them"
    settings = load_settings(flags[request.param])
    address = checked_base_url(settings.base_url, may_be_private=False)
    with connector(request.param)(address, KEY, settings) as opened:
        yield opened


CONTACTS = pl.DataFrame(
    {
        "phone": ["+14155550100", "+14155550101"],
        "first_name": ["Ann", None],
        "last_name": ['O"Neil', None],
        "email": [None, "b@example.com"],
        "metadata": ['{"City":"Köln"}', None],
    },
    schema_overrides={"email": pl.String},
)


def test_a_bulk_body_is_json_that_names_each_number_once(target: Target) -> None:
    """In the rows' order, whatever the fields are called."""
    body = target.encode(CONTACTS)
    json.loads(body)
    text = body.decode("utf-8")
    assert [text.count(phone) for phone in CONTACTS["phone"]] == [1, 1]
    assert text.index("+14155550100") < text.index("+14155550101")


@pytest.mark.parametrize("answer", JUNK.values(), ids=JUNK)
def test_an_answer_that_cannot_be_understood_is_none(target: Target, answer: bytes) -> None:
    """Nothing is concluded from it, and nothing is raised."""
    assert target.read_reply(answer) is None
    assert target.read_page(answer) in (None, target.read_page(b"[]"), target.read_page(b"{}"))
    assert target.read_contact(answer) is None
    assert isinstance(target.read_refusal(answer).text, str)
    assert target.says_no(answer) in (True, False)


def test_no_operation_raises_where_nobody_answers(target: Target) -> None:
    """Each gives an exchange that says that nothing was begun; the key is in none of its words."""
    for exchange in (
        target.send(b"{}", "group"),
        target.fetch_page(1, 10),
        target.create({"phone": "+14155550100"}),
        target.update("id", {"first_name": "Ann"}),
        target.delete("id"),
    ):
        assert (exchange.status, exchange.is_handed_over, exchange.is_whole) == (None, False, False)
        assert exchange.trouble
        assert KEY.get_secret_value() not in exchange.trouble
    target.hurry(0.0)
