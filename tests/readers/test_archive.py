"""Lists in other files than CSV and workbooks: read, or told for what they are with the way out."""

import base64
import gzip
import io
import json
import struct
import sys
import tarfile
import zipfile
from email.message import EmailMessage
from pathlib import Path

import polars as pl
import pytest

from importer.errors import ReadError
from importer.models.frames import BELOW_REFUSAL
from importer.readers.formats import open_tables
from importer.readers.sections import BELOW_ABSENT
from tests.support.workbooks import save

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PEOPLE = [["Name", "Phone"], ["Ann Lowe", "+1 415 555 0101"], ["Bob Marsh", "+1 415 555 0102"]]


def read(path: Path) -> tuple[str, list[dict[str, str]], tuple[str, ...]]:
    """The format of a file's one table, its filled cells by column, and its notes."""
    (table,) = open_tables(path, path.name, None)
    frame = pl.concat(list(table.chunks(100)))
    cells = [
        {name.removeprefix("raw:"): cell for name, cell in row.items() if name.startswith("raw:") and cell}
        for row in frame.to_dicts()
    ]
    return table.source.format, cells, table.source.notes


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", ["list.xlsx", "list.csv"])
def test_a_list_alone_in_an_archive(tmp_path: Path, name: str) -> None:
    """A folder, and what a Mac or Windows leaves beside files, is nobody's list."""
    if name == "list.xlsx":
        save(tmp_path / name, PEOPLE)
    else:
        written(tmp_path / name, "\n".join(map(",".join, PEOPLE)))
    with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.writestr("lists/", "")
        archive.write(tmp_path / name, f"lists/{name}")
        for extra in (f"__MACOSX/lists/._{name}", "lists/.DS_Store", f"lists/._{name}", "Thumbs.db"):
            archive.writestr(extra, "x")
    form, cells, notes = read(tmp_path / "sent.zip")
    assert (form, [list(row.values()) for row in cells]) == (name[5:], PEOPLE[1:])
    assert "The file was unpacked (zip)." in notes


FLAT = (
    '<?xml version="1.0"?>\n<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">\n'
    ' <office:body>\n  <office:spreadsheet>\n   <table:table table:name="L">\n{}   </table:table>\n'
    "  </office:spreadsheet>\n </office:body>\n</office:document>\n"
)
FLAT_CELL = '     <table:table-cell office:value-type="string">\n      <text:p>{}</text:p>\n     </table:table-cell>\n'
PAGE = (
    "MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<table border=3D1>{}</table>\r\n--b--\r\n"
)


@pytest.mark.parametrize("form", ["fods", "mhtml", "slk"])
def test_sheets_that_are_text(tmp_path: Path, form: str) -> None:
    """Flat OpenDocument as LibreOffice writes it, a web page with its parts named .xls, and SYLK."""
    lines = ["".join(map(FLAT_CELL.format, row)) for row in PEOPLE]
    content = {
        "fods": FLAT.format("".join(f"    <table:table-row>\n{line}    </table:table-row>\n" for line in lines)),
        "mhtml": PAGE.format("".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in PEOPLE)),
        "slk": "ID;PWXL;N;E\r\nP;PGeneral\r\n"
        + "".join(f'C;Y{y};X{x};K"{cell}"\r\n' for y, row in enumerate(PEOPLE, 1) for x, cell in enumerate(row, 1))
        + "E\r\n",
    }[form]
    path = written(tmp_path / f"list.{form if form != 'mhtml' else 'xls'}", content)
    found, cells, _ = read(path)
    assert (found, [list(row.values()) for row in cells]) == (form, PEOPLE[1:])


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


def test_ldif_entries_are_rows(tmp_path: Path) -> None:
    """LDIF: folded lines, coded values, remarks, options of attributes, and a second number."""
    coded = base64.b64encode("Zoë Lowe".encode()).decode()
    path = written(
        tmp_path / "book.ldif",
        f"version: 1\n\n# export\ndn: cn=Zoe,\n dc=example\nobjectClass: person\ncn:: {coded}\nsn;lang-en: Lowe\n"
        "mobile: +1 415 555\n  0101\nmobile: +1 415 555 0109\nmail: zoe@example.com\n\ndn: cn=Bob\ncn: Bob\n",
    )
    assert read(path)[:2] == (
        "ldif",
        [
            {"Full Name": "Zoë Lowe", "Last Name": "Lowe", "Phone (cell)": "+1 415 555 0101",
             "Phone (cell) (2)": "+1 415 555 0109", "Email": "zoe@example.com"},
            {"Full Name": "Bob"},
        ],
    )  # fmt: skip


@pytest.mark.parametrize("between", ["\n", "\n---\n", ""])
def test_values_behind_their_names_are_rows(tmp_path: Path, between: str) -> None:
    """Parted by blank lines, by rules, or by the first name alone; a line without one goes on with the value above."""
    people = (
        "Name: Ann Lowe\nPhone: +1 415 555 0101\nAddress: 1 Main St\nReno\n",
        "Name: Bob Marsh\nPhone : +1 415 555 0102\n",
    )
    assert read(written(tmp_path / "forms.txt", between.join(people)))[:2] == (
        "labelled",
        [
            {"Name": "Ann Lowe", "Phone": "+1 415 555 0101", "Address": "1 Main St\nReno"},
            {"Name": "Bob Marsh", "Phone": "+1 415 555 0102"},
        ],
    )


def test_values_below_each_other_are_rows(tmp_path: Path) -> None:
    """A blank line begins a new person; what a line holds names its column."""
    text = "Ann Lowe\n+1 415 555 0101\nann@example.com\n1 Main St\n\n\nBob Marsh\n+1 415 555 0102\n+1 415 555 0109\n"
    assert read(written(tmp_path / "typed.txt", text))[:2] == (
        "stacked",
        [
            {"Name": "Ann Lowe", "Phone": "+1 415 555 0101", "Email": "ann@example.com", "Line 4": "1 Main St"},
            {"Name": "Bob Marsh", "Phone": "+1 415 555 0102", "Phone (2)": "+1 415 555 0109"},
        ],
    )


@pytest.mark.parametrize("form", ["Name: {}\nPhone: {}\n\n", "{}\n{}\n\n"])
def test_records_below_a_heading_of_others_are_told(tmp_path: Path, form: str) -> None:
    """Up to one of the list's own people."""
    ann, bob, cy, di = (
        form.format(f"{name} Lowe", f"+1 415 555 010{n}") for n, name in enumerate(("Ann", "Bob", "Cy", "Di"))
    )
    path = written(tmp_path / "typed.txt", f"{ann}{di}Do not call\n\n{bob}Waitlist:\n\n{cy}Confirmed\n\n{ann}")
    (table,) = open_tables(path, path.name, None)
    assert pl.concat(table.chunks(10))["problem"].to_list() == [None, None, BELOW_REFUSAL, BELOW_ABSENT, None]


@pytest.mark.parametrize(
    "text",
    [
        "Members\n+1 415 555 0101\n+1 415 555 0102\n\nGuests\n+1 415 555 0103\n+1 415 555 0104\n",
        "+1 415 555 0101\n+1 415 555 0102\n\n+1 415 555 0103\n+1 415 555 0104\n",
        "Phone\n+1 415 555 0101\n+1 415 555 0102\n\n+1 415 555 0103\n",
        "Name,Phone\nAnn,+1 415 555 0101\n\nName,Phone\nBob,+1 415 555 0102\n",
        "Name,Phone,Note\nAnn: buyer,415-555-0101,a: b\nBob: cook,415-555-0102,c: d\n",
        "Ann Lowe: 415-555-0101\nBob Marsh: 415-555-0102\nCy Noonan: 415-555-0103\n",
        "Time: 10:00\nPlace: Reno\nTime: 11:00\nPlace: Elko\n",
    ],
)
def test_lists_with_delimiters_and_columns_alone_are_neither(tmp_path: Path, text: str) -> None:
    """Colons within cells, behind each person's name, and without a number to call; blank lines in a list's column."""
    assert read(written(tmp_path / "list.csv", text))[0] == "csv"


def test_dbase_rows(tmp_path: Path) -> None:
    """dBase: code page, dates and logical fields; rows marked as deleted and memo fields are left out, and said."""
    fields = [
        ("NAME", "C", 10),
        ("PHONE", "C", 16),
        ("SINCE", "D", 8),
        ("MEMBER", "L", 1),
        ("AGE", "N", 3),
        ("MEMO", "M", 10),
    ]
    width = 1 + sum(size for *_, size in fields)
    head = struct.pack("<4BIHH17xBxx", 3, 124, 1, 1, 2, 32 * (len(fields) + 1) + 1, width, 0xC8)
    for name, kind, size in fields:
        head += struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), size, 0)
    rows = [
        b" " + "Łucja".encode("cp1250").ljust(10) + b"+1 415 555 0101 20240131T 41" + b" " * 10,
        b"*" + b"Gone".ljust(10) + b"+1 415 555 0109 20240131F  7" + b" " * 10,
    ]
    form, cells, notes = read(written(tmp_path / "people.dbf", head + b"\r" + b"".join(rows) + b"\x1a"))
    assert (form, cells) == (
        "dbf",
        [{"NAME": "Łucja", "PHONE": "+1 415 555 0101", "SINCE": "2024-01-31", "MEMBER": "TRUE", "AGE": "41"}],
    )
    assert [note for note in notes if "deleted were left out: 1" in note or "left out: MEMO" in note] == list(notes)


def test_files_without_a_list_are_told_with_the_way_out(tmp_path: Path) -> None:
    """A mail, a link to a sheet, the mark of an open workbook, YAML and a server's log are no text with delimiters."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["MIME-Version"] = "ann@example.com", "bob@example.com", "1.0"
    mail.set_content("The list is attached, call +1 415 555 0101.")
    mail.add_attachment(b"Phone\n", maintype="text", subtype="csv", filename="list.csv")
    for name, content, says in (
        ("list.eml", mail.as_bytes(), "is a mail, with list.csv attached"),
        ("list.gsheet", b'{"url":"https://docs.google.com/open?id=1","doc_id":"1"}', "is a link to a Google sheet"),
        ("~$list.xlsx", b"\x03Ann" + bytes(161), "workbook that is open.* import list.xlsx"),
        ("list.yaml", b"- phone: 1\n", "is YAML"),
        (
            "web.log",
            b"#Software: x\r\n#Version: 1.0\r\n#Fields: date x-phone\r\n2026-03-01 4155550101\r\n",
            "is a log of",
        ),
    ):
        with pytest.raises(ReadError, match=says):
            open_tables(written(tmp_path / name, content), name, None)


@pytest.fixture(scope="module")
def of_each_kind(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The people in files of each kind, by name."""
    names, rows = PEOPLE[0], PEOPLE[1:]
    folder = tmp_path_factory.mktemp("kinds")
    save(folder / "list.xlsx", PEOPLE)
    pl.DataFrame(rows, names, orient="row").write_parquet(folder / "list.parquet")
    fields = b"".join(struct.pack("<11sc4xBB14x", name.encode(), b"C", 16, 0) for name in names)
    head = struct.pack("<4BIHH17xBxx", 3, 124, 1, 1, 2, 32 * 3 + 1, 33, 3) + fields + b"\r"
    records = [dict(zip(names, row, strict=True)) for row in rows]
    texts = {
        "list.json": json.dumps(records),
        "list.jsonl": "\n".join(map(json.dumps, records)),
        "list.vcf": "".join(f"BEGIN:VCARD\nFN:{name}\nTEL:{phone}\nEND:VCARD\n" for name, phone in rows),
        "list.ldif": "\n".join(f"dn: cn={name}\ncn: {name}\nmobile: {phone}\n" for name, phone in rows),
        "list.xml": f"<l>{''.join(f'<p><n>{name}</n><t>{phone}</t></p>' for name, phone in rows)}</l>",
        "list.xls": f"<table>{''.join(f'<tr><td>{name}</td><td>{phone}</td></tr>' for name, phone in PEOPLE)}</table>",
        "list": "\n".join(map(",".join, PEOPLE)),
    }
    return {name: text.encode() for name, text in texts.items()} | {
        "list.dbf": head + b"".join(b" " + "".join(cell.ljust(16) for cell in row).encode() for row in rows),
        **{name: (folder / name).read_bytes() for name in ("list.xlsx", "list.parquet")},
    }


@pytest.mark.parametrize("packing", ["gz", "zst", "zip"])
@pytest.mark.parametrize(
    ("name", "form"),
    [("list.json", "json"), ("list.jsonl", "ndjson"), ("list.vcf", "vcard"), ("list.ldif", "ldif"), ("list.xml", "xml"),
     ("list.dbf", "dbf"), ("list.xlsx", "xlsx"), ("list.parquet", "parquet"), ("list.xls", "html"), ("list", "csv")],
)  # fmt: skip
def test_what_is_packed_is_read_as_what_it_is(
    tmp_path: Path, of_each_kind: dict[str, bytes], name: str, form: str, packing: str
) -> None:
    """By what is in it, also where nothing in its name tells."""
    path = tmp_path / f"{name}.{packing}"
    content = of_each_kind[name]
    if packing == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"out/{name}", content)
    else:
        path.write_bytes(gzip.compress(content) if packing == "gz" else zstd.compress(content))
    found, cells, notes = read(path)
    assert (found, [list(row.values()) for row in cells]) == (form, PEOPLE[1:])
    assert [note for note in notes if "unpacked" in note] == [
        f"The file was unpacked ({ {'gz': 'gzip', 'zst': 'zstd'}.get(packing, packing) })."
    ]


def test_what_is_packed_and_no_list_is_told(tmp_path: Path) -> None:
    """A picture, a mail whose way fills its beginning, a tar archive, and a zip archive with a password."""
    mail = b"Received: from a by b; 1 Mar 2026\r\nX-Way: " + b"a" * 9000 + b"\r\nMIME-Version: 1.0\r\n"
    mail += b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/csv\r\n"
    mail += b"Content-Disposition: attachment; filename=list.csv\r\n\r\nPhone\r\n--b--\r\n"
    with io.BytesIO() as kept, tarfile.open(fileobj=kept, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("list.csv"))
        tar = kept.getvalue() + bytes(1024)
    for name, content, says in (
        ("scan.gz", b"%PDF-1.7", "scan.gz holds a PDF"),
        ("list.eml", mail, "is a mail, with list.csv attached. Save the attachment"),
        ("mail.gz", mail, "is a mail, with list.csv attached"),
        ("list.tgz", tar, "is a tar archive. Unpack it"),
    ):
        packed = content if name.endswith("eml") else gzip.compress(content)
        with pytest.raises(ReadError, match=says):
            open_tables(written(tmp_path / name, packed), name, None)
    path = tmp_path / "locked.zip"
    with zipfile.ZipFile(path, "w") as locked:
        locked.writestr("list.json", "[]")
    content = path.read_bytes()
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(sign) + place
        content = content[:at] + b"\1" + content[at + 1 :]
    with pytest.raises(ReadError, match="zip archive with a password"):
        open_tables(written(path, content), path.name, None)


def test_a_workbook_in_a_damaged_archive_is_told(tmp_path: Path) -> None:
    """Its stream breaks off in the middle of the only file: no list, and no bug."""
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.xlsx", bytes(range(256)) * 400)
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(byte ^ 0x5A for byte in content[60:90])
    path.write_bytes(content)
    with pytest.raises(ReadError, match="damaged zip archive"):
        read(path)
