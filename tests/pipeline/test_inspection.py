"""What is found out about a list before its import: profiles of its columns, and which region it is of."""

from pathlib import Path
from typing import Any

import pytest

from importer.models.watching import Silence, Stop
from importer.pipeline.inspection.inspect import Inspection, inspect
from importer.settings.settings import Settings


def look(file: Path, **flags: Any) -> Inspection:
    return inspect([file], Settings(**flags), Silence(), Stop())


def test_each_column_has_its_profile(tmp_path: Path) -> None:
    """Filled is counted in all rows, and what is wrong with phones column by column; values are masked."""
    file = tmp_path / "list.csv"
    rows = [f"Ann,+1 415 555 01{n:02},{'12' if n % 3 else ''},{'no' if n % 4 else 'yes'}" for n in range(90)]
    file.write_text("Name,Mobile,Office phone,SMS consent\n" + "\n".join(rows) + "\n", "utf-8")
    inspection = look(file, region="US", chunk_rows=40)
    (table,) = inspection.tables
    profiles = {column.name: column for column in table.columns}
    assert {name: profile.filled for name, profile in profiles.items()} == {
        "Name": 90, "Mobile": 90, "Office phone": 60, "SMS consent": 90,
    }  # fmt: skip
    assert profiles["Mobile"].examples == ("+1 4•• ••• ••••",)
    assert profiles["Mobile"].troubles == ()
    assert [rows for _, rows in profiles["Office phone"].troubles] == [60]
    assert profiles["SMS consent"].fields == ("consent",)
    assert inspection.reasons["skipped", "no-consent"] == 67
    assert inspection.rows == 90


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Name,Phone\nAnn,(415) 555-0123\nBob,415.555.0124\n", "written as in North America: --region US"),
        ("Vorname;Nachname;Telefon\nJörg;Weiß;030 231250\nUte;Lang;0171 2345678\n", "in its language: --region DE"),
        ("Name,Phone\nAnn,(415) 555-0123\nBob,+44 7400 123456\nCy,+44 7400 123457\n", "theirs are of GB. Find out"),
        (
            "Name,Phone,Mail\nAnn,2079460958,a@x.co.uk\nBob,2079460959,b@x.co.uk\n",
            "addresses are of there (GB). Find out",
        ),
        ("Name;Tel;Mail\nAnn;01 5880001;a@example.at\nBob;01 5880000;b@example.at\n", "of there: --region AT"),
        ("Name;Tel\nAnn;030 2312500\nBob;030 2312501\n", "valid in several"),
        ("Name;Tel\nAnn;+49 30 2312500\n", None),
    ],
)
def test_a_region_is_suggested_where_something_tells_it(tmp_path: Path, text: str, says: str | None) -> None:
    """By the way numbers are written, the header's language or the addresses; else the countries are only listed."""
    file = tmp_path / "list.csv"
    file.write_text(text, "utf-8")
    suggestion = look(file).suggestion
    assert says in suggestion if says and suggestion else suggestion == says
