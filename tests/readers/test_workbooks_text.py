"""Sheets that are text: flat OpenDocument, web pages with their parts, and SYLK."""

from pathlib import Path

import pytest

from tests.support.reading import PEOPLE, read, written

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
