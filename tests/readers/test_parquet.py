"""Parquet: values as a person sees them, objects as columns, damage in a sentence."""

import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.errors import ReadError
from tests.support.records import cells, mapping, places, read, whole


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ([12025550101.0, None, 0.5, float("nan")], ["12025550101", None, "0.5", None]),
        ([12025550101, -1], ["12025550101", "-1"]),
        ([True, False, None], ["TRUE", "FALSE", None]),
        ([date(2024, 1, 31)], ["2024-01-31"]),
        ([datetime(2024, 1, 31), datetime(2024, 1, 31, 8, 5)], ["2024-01-31", "2024-01-31 08:05:00"]),  # noqa: DTZ001
        ([datetime(2024, 1, 31, 8, 5, tzinfo=UTC)], ["2024-01-31 08:05:00+00:00"]),
        ([time(8, 30)], ["08:30:00"]),
        ([timedelta(hours=30, minutes=1)], ["30:01:00"]),
        ([b"Ann", b"\xff", None], ["Ann", "ff", None]),
        (["Ann", "", None], ["Ann", None, None]),
        ([["a", None, "b"], [], None, [None]], ["a; b", None, None, None]),
        ([[1.0, 2.5], [12025550101.0]], ["1; 2.5", "12025550101"]),
        ([[["a"], ["b", "c"]], [[]]], ["a; b; c", None]),
        (pl.Series(["Ann", None, "Ann"], dtype=pl.Categorical), ["Ann", None, "Ann"]),
        (pl.Series(["Ann", None], dtype=pl.Enum(["Ann"])), ["Ann", None]),
        (pl.Series([2**63, None], dtype=pl.UInt64), ["9223372036854775808", None]),
        (pl.Series(["1.50"]).cast(pl.Decimal(9, 2)), ["1.50"]),
        (pl.Series([501.0], dtype=pl.Float32), ["501"]),
        ([None], [None]),
    ],
)
def test_parquet_values_read_as_a_person_sees_them(
    tmp_path: Path, values: list[Any] | pl.Series, seen: list[str | None]
) -> None:
    """Whole floats are numbers, moments ISO, booleans capitals, the values of a list are joined."""
    path = tmp_path / "x.parquet"
    pl.DataFrame({"x": values}).write_parquet(path)
    assert whole(read(path, path.read_bytes()))["x"].to_list() == seen


def test_parquet_objects_become_columns(tmp_path: Path) -> None:
    """What an object holds has a column of its own, deep within others and within lists too, as in JSON."""
    path = tmp_path / "x.parquet"
    geo = [{"city": "Bonn", "geo": {"lat": 50.5}}, {"city": "Ulm", "geo": None}, None]
    phones = [[{"kind": "home", "no": "+12025550101"}, {"kind": None, "no": "+12025550102"}], [], None]
    fixed = pl.Series([[{"a": 1}, {"a": 2}], None, None], dtype=pl.Array(pl.Struct({"a": pl.Int8}), 2))
    pl.DataFrame({"address": geo, "phones": phones, "fixed": fixed, "none": [None] * 3}).write_parquet(path)
    assert cells(read(path, path.read_bytes())) == [
        {
            "address.city": "Bonn",
            "address.geo.lat": "50.5",
            "phones.kind": "home",
            "phones.no": "+12025550101; +12025550102",
            "fixed.a": "1; 2",
        },
        {"address.city": "Ulm"},
        {},
    ]


def test_parquet_table(tmp_path: Path) -> None:
    """Rows start at 2, any chunks give the same rows, and the columns map by themselves."""
    path = tmp_path / "people.parquet"
    frame = pl.DataFrame({"Name": ["Ann Example"] * 5, "Mobile": [12025550100.0 + n for n in range(5)]})
    frame.write_parquet(path, row_group_size=2)
    table = read(path, path.read_bytes())
    assert (table.source.format, [row for row, _, _ in places(table)]) == ("parquet", [2, 3, 4, 5, 6])
    assert pl.concat(list(table.chunks(3, skip=1))).equals(pl.concat(list(table.chunks(9)))[1:])
    assert (mapping(table).phones, mapping(table).full_name) == (("Mobile",), "Name")
    assert mapping(table).notes == ()


def test_damaged_parquet_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Cut anywhere or with bytes flipped, there are rows or one line, and the parser writes nothing to the terminal."""
    path = tmp_path / "x.parquet"
    pl.DataFrame({"Phone": [f"202-555-01{n:02}" for n in range(100)]}).write_parquet(path)
    content = path.read_bytes()
    rng = random.Random(3)  # noqa: S311 - a repeatable choice
    for cut in (4, 50, len(content) - 1):
        with pytest.raises(ReadError, match=r"x.parquet is a damaged Parquet file"):
            read(path, content[:cut])
    for _ in range(6):
        changed = bytearray(content)
        for place in rng.sample(range(4, len(content)), 3):
            changed[place] ^= 1 << rng.randrange(8)
        try:
            whole(read(path, bytes(changed)))
        except ReadError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either way is right
    assert capfd.readouterr() == ("", "")
