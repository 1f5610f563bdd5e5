"""Lists in XML: address books of telephones, and what is no list."""

from pathlib import Path

import pytest

from importer.errors import ReadError
from importer.readers.formats import open_tables
from tests.support.reading import read, written

BOOKS = {
    "fritzbox": "<phonebooks><phonebook><contact><category/><person><realName>Ann Lowe</realName></person><telephony "
    'nid="2"><number type="home" prio="1">+1 415 555 0101</number><number type="fax_work">+1 415 555 0109</number>'
    "</telephony></contact></phonebook></phonebooks>",
    "yealink": "<YealinkIPPhoneDirectory><DirectoryEntry><Name>Ann Lowe</Name><Telephone>+1 415 555 0101</Telephone>"
    "<Telephone>+1 415 555 0109</Telephone></DirectoryEntry></YealinkIPPhoneDirectory>",
    "yealink menu": '<YealinkIPPhoneBook><Menu Name="All"><Unit Name="Ann Lowe" Phone1="+1 415 555 0101"/></Menu>'
    "</YealinkIPPhoneBook>",
    "grandstream": "<AddressBook><pbgroup><id>1</id></pbgroup><Contact><id>7</id><FirstName>Ann</FirstName>"
    '<Phone type="Work"><phonenumber>+1 415 555 0101</phonenumber></Phone></Contact></AddressBook>',
    "any": "<l><p><name>Ann Lowe</name></p><p><name>Bob Marsh</name></p></l>",
}


READ = {
    "fritzbox": {"Full Name": "Ann Lowe", "Phone (home)": "+1 415 555 0101", "Fax": "+1 415 555 0109"},
    "yealink": {"Name": "Ann Lowe", "Phone": "+1 415 555 0101", "Phone (2)": "+1 415 555 0109"},
    "yealink menu": {"Name": "Ann Lowe", "Phone1": "+1 415 555 0101"},
    "grandstream": {"id": "7", "FirstName": "Ann", "Phone (Work)": "+1 415 555 0101"},
    "any": {"name": "Ann Lowe"},
}


@pytest.mark.parametrize("book", BOOKS)
def test_address_books_of_telephones(tmp_path: Path, book: str) -> None:
    """XML: each entry is a row, its numbers are columns by their types."""
    form, cells, _ = read(written(tmp_path / "book.xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{BOOKS[book]}'))
    assert (form, cells[0]) == ("xml", READ[book])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x><contact><n>&a;</n></contact></x>', "DOCTYPE"),
        ('<?xml version="1.0"?>\n<x><contact></x>', "breaks at line 2"),
        ('<?xml version="1.0"?>' + "<x>" * 200, "elements within elements"),
        ('<?xml version="1.0"?><x>1</x>', "without a list that is known"),
    ],
)
def test_xml_that_is_no_list_is_told(tmp_path: Path, content: str, says: str) -> None:
    """Entities of one's own, a broken document, endless depth, and nothing that repeats."""
    with pytest.raises(ReadError, match=f"book.xml .*{says}"):
        open_tables(written(tmp_path / "book.xml", content), "book.xml", None)
