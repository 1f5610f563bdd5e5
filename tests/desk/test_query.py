"""The language of the search field."""

import pytest

from importer.desk.query import Term, parse, quoted, without
from importer.errors import UsageError


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("Jane  DOE", [Term("word", "jane"), Term("word", "doe")]),
        ('"Jane Doe"', [Term("word", "jane doe")]),
        ("reason:phone-invalid -is:done", [Term("reason", "phone-invalid"), Term("is", "done", is_not=True)]),
        ('col:"Lead source"=broker', [Term("col", "broker", "Lead source")]),
        ('-col:Source="two words"', [Term("col", "two words", "Source", is_not=True)]),
        ('col:Source=""', [Term("col", "", "Source")]),
        ('shape:"999 9999"', [Term("shape", "999 9999")]),
        ("rule:phone:other-column", [Term("rule", "phone:other-column")]),
        ("(512) 555-0143", [Term("number", "5125550143")]),
        ("+1 512 555 0143 smith", [Term("number", "15125550143"), Term("word", "smith")]),
        ("row:10-20", [Term("row", "10-20")]),
        ("at 10:30", [Term("word", "at"), Term("word", "10:30")]),
        ("http://x", [Term("word", "http://x")]),
    ],
)
def test_words_and_facts_are_told_apart(text: str, terms: list[Term]) -> None:
    """A key that is none is a word; a number may be written in any way."""
    assert list(parse(text)) == terms


@pytest.mark.parametrize("text", ["row:ten", "batch:-1", "is:finished", "row:1-"])
def test_a_value_that_cannot_be_is_said(text: str) -> None:
    """With the key and what it takes."""
    with pytest.raises(UsageError, match=f"^{text.partition(':')[0]}: takes"):
        parse(text)


@pytest.mark.parametrize("value", ["broker", "two words", 'a "b" c', "x=y", "Q&A"])
def test_a_quoted_value_is_read_as_it_was(value: str) -> None:
    """What the filters put into the address is what the query looks for; quotes cannot be in it."""
    assert parse(f"source:{quoted(value)}") == (Term("source", value.replace('"', "")),)


def test_a_filter_is_taken_out_of_a_query() -> None:
    """All others stay as they were typed."""
    assert without('jane reason:a -reason:b col:"Lead source"=web', "reason") == 'jane col:"Lead source"=web'
