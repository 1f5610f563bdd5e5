"""Polluted lists: one table of contacts, spoiled in one way at a time, with what a careful person would still read.

The kinds follow the list of the Pollock benchmark (Vitagliano et al., VLDB 2023) and go on where contact lists do.
``python -m tests.support.recovery`` prints the rows and cells that come back of each.
"""

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Row = tuple[str, ...]

PACKS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}

HEADER: Row = ("First Name", "Last Name", "Phone", "Email", "City", "Notes")
_FIRST = ("Ana", "Ben", "Chloé", "Dan", "Éva", "Finn", "Grace", "Hugo", "Iris", "Jürgen")
_LAST = ("Adams", "O'Brien", "Castillo", "Díaz", "Ekström", "Fischer", "Green", "Hill", "Ito", "Jones-Smith")
_CITY = ("Springfield", "Riverton", "Portland, OR", "Lakeside", "Hill Valley")
_NOTES = ("", "call after 5", 'goes by "Bo"', "prefers e-mail", "old customer; see file", "", "VIP", "asked twice")


def _contact(number: int) -> Row:
    first, last = _FIRST[number % 10], _LAST[number // 10]
    return (
        first,
        last,
        f"+1 415 555 {100 + number:04d}",
        f"contact{number}@example.com",
        _CITY[number % 5],
        _NOTES[number % 8],
    )


CONTACTS = tuple(_contact(number) for number in range(100))


@dataclass(frozen=True, slots=True)
class Polluted:
    """One spoiled file.

    Attributes:
        kind: what was done to it.
        data: its bytes.
        columns, rows: what can be read of it; of rows that are spoiled themselves, what they meant.
        undecided: why the file alone cannot tell; empty where it can.
    """

    kind: str
    data: bytes
    columns: Row = HEADER
    rows: tuple[Row, ...] = CONTACTS
    undecided: str = ""


def written(rows: Sequence[Row], delimiter: str = ",", quote: str = '"', end: str = "\n", escape: str = "") -> str:
    """Rows as delimited text; cells are quoted where they must be. Without ``escape`` inner quotes are doubled."""
    return "".join(line(row, delimiter, quote, escape) + end for row in rows)


def line(row: Row, delimiter: str = ",", quote: str = '"', escape: str = "", *, always: bool = False) -> str:
    """One row as text."""
    opening, closing = quote[0], quote[-1]
    cells = []
    for cell in row:
        needs = always or any(mark in cell for mark in (delimiter, opening, closing, "\n", "\r"))
        inner = cell.replace(closing, (escape or closing) + closing)
        cells.append(f"{opening}{inner}{closing}" if needs else cell)
    return delimiter.join(cells)


PLAIN = (HEADER, *CONTACTS)


def _with_row(place: int, text: str) -> str:
    """The clean file with one line of it (0 is the header) as given."""
    lines = [line(row) for row in PLAIN]
    lines[place] = text
    return "\n".join(lines) + "\n"


def polluted_files() -> Iterator[Polluted]:
    """All kinds; their names are unique."""
    for family in (_dialects, _record_ends, _heads, _headers, _ends, _tables, _rows, _quotes, _encodings, _shapes):
        yield from family()


def _dialects() -> Iterator[Polluted]:
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", "^": "caret", "~": "tilde", ":": "colon"}
    for delimiter, name in names.items():
        yield Polluted(f"delimiter {name}", written(PLAIN, delimiter).encode())
    yield Polluted("delimiter control character 1", written(PLAIN, "\x01").encode())
    yield Polluted("delimiter space", written(PLAIN, " ").encode())
    for delimiter in (
        ", ",
        "; ",
        " | ",
        "||",
        "~|~",
        "::",
        "\t\t",
        "|;|",
        ";|;",
        "^^",
        "##",
        "@@@",
        "$$$",
        "=>",
        "<sep>",
    ):
        yield Polluted(f"delimiter {delimiter!r}", written(PLAIN, delimiter).encode())
    everywhere = "\n".join(line(row, " ", always=True) for row in PLAIN)
    yield Polluted("delimiter space, all quoted", everywhere.encode())
    yield Polluted("delimiter blank after comma, all quoted", "\n".join(
        line(row, ", ", always=True) for row in PLAIN
    ).encode())  # fmt: skip
    for quote, name in (("'", "apostrophe"), ("“”", "typographic"), ("«»", "guillemets")):
        text = "\n".join(line(row, quote=quote, always=True) for row in PLAIN)
        yield Polluted(f"quote {name}, all quoted", text.encode())
    yield Polluted("quote apostrophe, where needed", written(PLAIN, quote="'").encode())
    yield Polluted("quote apostrophe, semicolons", written(PLAIN, ";", quote="'").encode())
    yield Polluted("escape backslash", written(PLAIN, escape="\\").encode())
    always = "\n".join(line(row, escape="\\", always=True) for row in PLAIN)
    yield Polluted("escape backslash, all quoted", always.encode())
    bare = "\n".join(",".join(cell.replace(",", "\\,") for cell in row) for row in PLAIN)
    yield Polluted("escape backslash, no quotes", bare.encode())
    inner = "\n".join(",".join(f'"{cell}"' for cell in row) for row in PLAIN)
    yield Polluted("no escape, all quoted", inner.encode())
    yield Polluted("sep= line", f"sep=|\n{written(PLAIN, '|')}".encode())
    yield Polluted("sep= line of two characters", f"sep=||\n{written(PLAIN, '||')}".encode())
    yield Polluted("sep= line quoted", f'"sep=;"\r\n{written(PLAIN, ";", end=chr(13) + chr(10))}'.encode())


def _record_ends() -> Iterator[Polluted]:
    for end, name in (("\r\n", "CR LF"), ("\r", "CR"), ("\n\r", "LF CR"), ("\r\r\n", "CR CR LF")):
        yield Polluted(f"record end {name}", written(PLAIN, end=end).encode())
    mixed = "".join(line(row) + "\r\n\r\n"[place % 3 : place % 3 + 1 + (place % 3 == 0)]
                    for place, row in enumerate(PLAIN))  # fmt: skip
    yield Polluted("record ends mixed", mixed.encode())
    one_bare = written(PLAIN, end="\r\n").replace("\r\n", "\n", 51).replace("\n", "\r\n", 50)
    yield Polluted("one record end differs", one_bare.encode())
    yield Polluted("no final newline", written(PLAIN).rstrip("\n").encode())
    yield Polluted("two final newlines", (written(PLAIN) + "\n").encode())
    yield Polluted("end of file mark", (written(PLAIN, end="\r\n") + "\x1a").encode())
    yield Polluted("empty line after each row", written(PLAIN, end="\n\n").encode())
    broken = tuple((*row[:5], "one\ntwo, three") if place % 9 == 0 else row for place, row in enumerate(CONTACTS))
    yield Polluted("line ends in cells", written((HEADER, *broken)).encode(), rows=broken)


def _heads() -> Iterator[Polluted]:
    text = written(PLAIN)
    yield Polluted("title line", f"Contact list\n{text}".encode())
    yield Polluted("title and blank line", f"Contact list, spring\n\n{text}".encode())
    yield Polluted("preamble", f"Exported: 2026-01-02\nBy: Sales\nRows: 100\n{text}".encode())
    yield Polluted("preamble, delimited", f"Exported,2026-01-02,,,,\nBy,Sales,,,,\n,,,,,\n{text}".encode())
    yield Polluted("comment lines", f"# exported by the shop, on Monday\n# do not edit\n{text}".encode())
    yield Polluted(
        "comment lines of commas", f"# a, b, c, d, e, and f\n# one, two, three, four, five, six\n{text}".encode()
    )
    yield Polluted("comments with semicolons", f"# v1; full; all\n#\n# tab\tand | pipe\n{text}".encode())
    yield Polluted("slash comments", f"// exported\n// by the shop, daily\n{text}".encode())
    yield Polluted("header behind a hash", f"#{text}".encode(), columns=("#First Name", *HEADER[1:]))
    yield Polluted("blank lines first", f"\n\n  \n{text}".encode())
    yield Polluted("column letters above", f"A,B,C,D,E,F\n{text}".encode())
    yield Polluted("long preamble", ("Terms of use apply to this list.\n" * 30 + f"\n{text}").encode())


def _headers() -> Iterator[Polluted]:
    numbered = tuple(f"column {place}" for place in range(1, 7))
    body = written(CONTACTS)
    yield Polluted("no header", body.encode(), columns=numbered)
    two = "Name,,Phone,Email,City,Notes\nFirst,Last,,,,\n"
    merged = ("First Name", "Last Name", *HEADER[2:])
    yield Polluted("two header lines, group above", (two + body).encode(), columns=merged)
    two = "First,Last,Phone,E-mail,City,Notes\nName,Name,(mobile),address,,\n"
    merged = ("First Name", "Last Name", "Phone (mobile)", "E-mail address", "City", "Notes")
    yield Polluted("two header lines, word by word", (two + body).encode(), columns=merged)
    three = "Customer,,,,,\nName,,Phone,Email,City,Notes\nFirst,Last,mobile,,,\n"
    merged = ("First Name", "Last Name", "Phone mobile", *HEADER[3:])
    yield Polluted("three header lines", (three + body).encode(), columns=merged)
    yield Polluted("header line twice", (line(HEADER) + "\n" + written(PLAIN)).encode())
    again = written(PLAIN[:51]) + written(PLAIN[:1]) + written(PLAIN[51:])
    yield Polluted("header again in the middle", again.encode())
    pages = "".join(written((HEADER, *CONTACTS[start : start + 20])) for start in range(0, 100, 20))
    yield Polluted("header on every page", pages.encode())
    yield Polluted("rule under the header", (line(HEADER) + "\n-----,-----,-----,-----,-----,-----\n" + body).encode())
    yield Polluted("rule of one cell under the header", (line(HEADER) + "\n" + "-" * 60 + "\n" + body).encode())
    empty = ("First Name", "", "Phone", "Email", "", "Notes")
    named = ("First Name", "column 2", "Phone", "Email", "column 5", "Notes")
    yield Polluted("empty header cells", (line(empty) + "\n" + body).encode(), columns=named)
    twice = ("Name", "Name", "Phone", "Email", "City", "Notes")
    yield Polluted(
        "repeated header cells", (line(twice) + "\n" + body).encode(), columns=("Name", "Name (2)", *HEADER[2:])
    )
    short = (line(HEADER[:5]) + "\n" + body).encode()
    yield Polluted("header one short", short, columns=(*HEADER[:5], "column 6"))
    long_name = "Notes " * 20_000
    yield Polluted("huge header cell", (line((*HEADER[:5], long_name)) + "\n" + body).encode(),
                   columns=(*HEADER[:5], long_name.strip()))  # fmt: skip
    broken = line((*HEADER[:2], "Phone\n(mobile)", *HEADER[3:])) + "\n" + body
    yield Polluted("line end in the header", broken.encode(), columns=(*HEADER[:2], "Phone (mobile)", *HEADER[3:]))
    yield Polluted("header only", (line(HEADER) + "\n").encode(), rows=())
    yield Polluted("one row", written(PLAIN[:2]).encode(), rows=CONTACTS[:1])


def _ends() -> Iterator[Polluted]:
    text = written(PLAIN)
    footers = {
        "total": "Total: 100",
        "total, delimited": "Total,100,,,,",
        "total after a blank line": "\nTotal contacts:,,,,,100",
        "Summe": "Summe;100",
        "rows in brackets": "(100 rows)",
        "rows affected": "\n(100 rows affected)\n",
        "rule and total": "----------\n100 records",
        "generated": "Generated on 2026-01-02 10:30",
        "page": "Page 1 of 1",
        "end of report": "*** End of report ***",
        "comment": "# end of file, thank you",
        "sentences after a blank line": "\nThis list is confidential.\nDo not share it with others, please.",
        "footnote lines, delimited": ",,,,,\nSource: the shop's till,,,,,\nConfidential - do not pass on,,,,,",
    }  # fmt: skip
    for name, footer in footers.items():
        yield Polluted(f"footer {name}", f"{text}{footer}\n".encode())


def _tables() -> Iterator[Polluted]:
    half = written(PLAIN[:51])
    rest = written((HEADER, *CONTACTS[50:]))
    yield Polluted("second table, same columns", f"{half}\n{rest}".encode())
    yield Polluted("second table under a title", f"{half}\nBranch office\n{rest}".encode())
    products = "\nProduct,Price,Stock\nTea,3.20,14\nCoffee,4.10,9\n"
    yield Polluted("second table, fewer columns", f"{half}{products}".encode(), rows=CONTACTS[:50])
    wide = "\nOrder,Product,Price,Stock,Colour,Size,Weight,Shelf\n7,Tea,3.20,14,green,M,80 g,A\n"
    yield Polluted("second table, more columns", f"{half}{wide}".encode(), rows=CONTACTS[:50])


def _rows() -> Iterator[Polluted]:
    row = CONTACTS[49]
    for cells in (1, 3, 5):
        short = (*row[:cells], *[""] * (6 - cells))
        rows = (*CONTACTS[:49], short, *CONTACTS[50:])
        yield Polluted(f"row cut after {cells} cells", _with_row(50, line(row[:cells])).encode(), rows=rows)
    for name, remark in {"a remark": "# checked until here", "a remark of commas": "# a, b, c, d, e and f",
                         "a slash remark": "// to be continued, below"}.items():  # fmt: skip
        text = written(PLAIN[:51]) + remark + "\n" + written(PLAIN[51:])
        yield Polluted(f"{name} between the rows", text.encode())
    rows = (*CONTACTS[:49], *CONTACTS[50:])
    yield Polluted("row without cells", _with_row(50, "").encode(), rows=rows)
    yield Polluted("blank rows of delimiters", _with_row(50, ",,,,,").encode(), rows=rows)
    yield Polluted("extra cells in a row", _with_row(50, line((*row, "x", "y"))).encode(), rows=rows)
    yield Polluted("trailing delimiter in a row", _with_row(50, line(row) + ",,").encode())
    trailing = "".join(line(row) + ",\n" for row in PLAIN)
    yield Polluted("trailing delimiter in every row", trailing.encode(), columns=(*HEADER, "column 7"))
    body = line(HEADER) + "\n" + "".join(line(row) + ",\n" for row in CONTACTS)
    yield Polluted("trailing delimiter below the header", body.encode())
    leading = "".join("," + line(row) + "\n" for row in PLAIN)
    shifted = tuple(("", *row) for row in CONTACTS)
    yield Polluted("leading delimiter in every row", leading.encode(), columns=("column 1", *HEADER), rows=shifted)
    for other in ";", "\t", "|":
        yield Polluted(f"other delimiter in a row {other!r}", _with_row(50, line(row, other)).encode())
    for place in 1, 50, 100:
        merged = _with_row(place, line(CONTACTS[place - 1]).replace(",", "", 1))
        yield Polluted(f"delimiter missing in row {place}", merged.encode(),
                       undecided="where the two cells that ran together part")  # fmt: skip
        inserted = _with_row(place, line(CONTACTS[place - 1]).replace(",", ",,", 1))
        yield Polluted(f"delimiter too many in row {place}", inserted.encode(),
                       undecided="which of the empty cells is the one too many")  # fmt: skip
    joined = written(PLAIN[:51]).rstrip("\n") + written(PLAIN[51:])
    yield Polluted("line end missing", joined.encode(), rows=(*CONTACTS[:49], *CONTACTS[51:]))
    split = _with_row(50, ",".join(row[:2]) + "\n" + ",".join(row[2:4]) + ',"Hill Valley",')
    yield Polluted("row broken over two lines", split.encode(), undecided="whether it is one contact or two")
    bare = "\n".join(",".join(cell.replace('"', "") for cell in row) for row in PLAIN)
    yield Polluted("cells with commas and no quotes", bare.encode(), undecided="which comma is part of a cell",
                   rows=tuple(tuple(cell.replace('"', "") for cell in row) for row in CONTACTS))  # fmt: skip


def _quotes() -> Iterator[Polluted]:
    for place in 1, 50, 100:
        row = CONTACTS[place - 1]
        tail = line(row[1:])
        spoiled = {
            "at the start": (f'"{row[0]},{tail}', row),
            "at the end": (f'{row[0]}",{tail}', (row[0] + '"', *row[1:])),
            "in the middle": (f'{row[0][:1]}"{row[0][1:]},{tail}', (row[0][:1] + '"' + row[0][1:], *row[1:])),
        }
        for where, (text, meant) in spoiled.items():
            rows = (*CONTACTS[: place - 1], meant, *CONTACTS[place:])
            why = "whether the quote opens a cell" if where == "at the start" else ""
            yield Polluted(
                f"stray quote {where} of row {place}", _with_row(place, text).encode(), rows=rows, undecided=why
            )
    row = CONTACTS[49]
    last = _with_row(50, line(row[:4]) + ',"Hill Valley,call')
    yield Polluted("quote opened in the last cells", last.encode(), undecided="whether the quote opens a cell",
                   rows=(*CONTACTS[:49], (*row[:4], "Hill Valley", "call"), *CONTACTS[50:]))  # fmt: skip
    always = [line(row, always=True) for row in PLAIN]
    always[50] = always[50][1:]
    yield Polluted("opening quote missing, all quoted", "\n".join(always).encode(),
                   rows=(*CONTACTS[:49], (row[0] + '"', *row[1:]), *CONTACTS[50:]))  # fmt: skip
    yield Polluted("apostrophes in one row", _with_row(50, line(row, quote="'", always=True)).encode())
    yield Polluted("backslash in one row", _with_row(
        51, line((*CONTACTS[50][:5], 'she said "call, please"'), escape="\\")
    ).encode(), rows=(*CONTACTS[:50], (*CONTACTS[50][:5], 'she said "call, please"'), *CONTACTS[51:]))  # fmt: skip
    spaced = "\n".join(" , ".join(f'"{cell}"' for cell in row) for row in PLAIN if '"' not in row[5])
    yield Polluted("blanks around quoted cells", spaced.encode(), rows=tuple(r for r in CONTACTS if '"' not in r[5]))
    whole = "\n".join('"' + line(row).replace('"', '""') + '"' for row in PLAIN)
    yield Polluted("every line quoted as a whole", whole.encode())
    formula = "\n".join(",".join(f'="{cell}"' if place == 2 else f'"{cell}"' for place, cell in enumerate(row))
                        for row in PLAIN if '"' not in row[5])  # fmt: skip
    as_formula = tuple((*r[:2], f'="{r[2]}"', *r[3:]) for r in CONTACTS if '"' not in r[5])
    columns = (*HEADER[:2], '="Phone"', *HEADER[3:])
    yield Polluted("numbers as formulas", formula.encode(), columns=columns, rows=as_formula)


def _encodings() -> Iterator[Polluted]:
    text = written(PLAIN)
    for codec in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
                  "cp1252", "latin-1", "mac_roman", "cp850"):  # fmt: skip
        yield Polluted(f"encoding {codec}", text.encode(codec))
    for name, pack in PACKS.items():
        yield Polluted(f"packed {name}", pack(text.encode()))
    damaged = text.encode().replace("Éva".encode(), b"\xc9va", 1)
    yield Polluted("encoding utf-8 with one cp1252 byte", damaged)
    yield Polluted("NUL bytes in cells", text.replace("Ana,", "An\0a,", 3).encode())
    yield Polluted("NUL bytes between rows", text.replace("\n", "\0\n").encode())
    yield Polluted("byte order mark twice", ("\ufeff\ufeff" + text).encode())
    yield Polluted("byte order mark before a title", ("\ufeffContact list\n" + text).encode())


def _shapes() -> Iterator[Polluted]:
    phones = tuple((row[2],) for row in CONTACTS)
    yield Polluted("one column", written((("Phone",), *phones)).encode(), columns=("Phone",), rows=phones)
    yield Polluted("one column, no header", written(phones).encode(), columns=("column 1",), rows=phones)
    many = tuple((*row, *(f"x{place}" for place in range(20_000))) for row in CONTACTS[:3])
    columns = (*HEADER, *(f"extra {place}" for place in range(20_000)))
    yield Polluted("20,000 columns", written((columns, *many)).encode(), columns=columns, rows=many)
    huge = "long, " * 180_000
    rows = (*CONTACTS[:49], (*CONTACTS[49][:5], huge), *CONTACTS[50:])
    yield Polluted("a cell of a megabyte", written((HEADER, *rows)).encode(), rows=rows)
    wide = "\n".join("".join(cell.ljust(26) for cell in row).rstrip() for row in PLAIN)
    yield Polluted("columns of fixed width", wide.encode(), undecided="whether blanks part cells or belong to them")
    yield Polluted("no rows but blanks", b",,,,,\n\n,,,,,\n", columns=(), rows=())
