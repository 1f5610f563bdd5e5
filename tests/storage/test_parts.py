"""The prepared rows of a run in their files."""

from pathlib import Path

import polars as pl

from importer.storage.parts import Parts


def part(batches: list[int | None], phones: list[str], raw: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "phone": phones,
            "first_name": None,
            "last_name": None,
            "email": None,
            "metadata": None,
            "batch": batches,
            f"raw:{raw}": phones,
        },
        schema_overrides={
            "batch": pl.UInt32,
            "first_name": pl.String,
            "last_name": pl.String,
            "email": pl.String,
            "metadata": pl.String,
        },
    )


def test_a_batch_is_found_over_parts_and_tables(tmp_path: Path) -> None:
    """A batch's rows come in order from all parts that hold some, also after the folder is opened anew."""
    parts = Parts(tmp_path / "parts", str)
    parts.add(0, part([1, 1, None], ["+1", "+2", "+3"], "a"))
    parts.add(0, part([None], ["+4"], "a"))
    parts.add(1, part([1, 2], ["+5", "+6"], "b"))
    for view in (parts, Parts(tmp_path / "parts", str)):
        assert view.batch(1)["phone"].to_list() == ["+1", "+2", "+5"]
        assert view.batch(2)["phone"].to_list() == ["+6"]
        assert view.rows_by_table() == {0: 4, 1: 2}
        assert view.scan().collect()["phone"].to_list() == ["+1", "+2", "+3", "+4", "+5", "+6"]


def test_an_unfinished_part_does_not_count(tmp_path: Path) -> None:
    """What a kill left half-written is not a part."""
    parts = Parts(tmp_path / "parts", str)
    parts.add(0, part([1], ["+1"], "a"))
    (tmp_path / "parts" / ".0000-000001-1-1.parquet.part").write_bytes(b"PAR1")
    assert Parts(tmp_path / "parts", str).rows_by_table() == {0: 1}
