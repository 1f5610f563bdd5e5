"""Suppression lists are read once for each content and kept as hashes; what is told of them says how far they reach."""

import json
import os
import time
from pathlib import Path

import polars as pl
import pytest

from importer.models.number_set import NumberSet
from importer.models.watching import Silence
from importer.pipeline import suppression_lists
from importer.pipeline.suppression_lists import read_lists
from importer.settings.settings import Settings, load_settings
from tests.conftest import Typed

LISTED = ["+14155550101", "(415) 555-0102", "1.415.555.0103"]
ASKED = pl.Series(["+14155550101", "+14155550102", "+14155550103", "+14155550104"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"region": "US", "runs": tmp_path / "runs"})


def write(folder: Path, kind: str) -> Path:
    path = folder / f"dnc.{kind}"
    frame = pl.DataFrame({"Phone": LISTED})
    if kind == "parquet":
        frame.write_parquet(path)
    elif kind == "xlsx":
        frame.write_excel(path)
    else:
        path.write_text("\n".join(["Phone", *LISTED, ""]) if kind == "csv" else "\n".join([*LISTED, ""]), "utf-8")
    return path


@pytest.mark.parametrize("kind", ["csv", "txt", "xlsx", "parquet"])
def test_a_list_of_any_format_suppresses_numbers_in_any_spelling(tmp_path: Path, settings: Settings, kind: str) -> None:
    """Read as rows are, with the run's region; no number lies in what is kept."""
    lists = read_lists([write(tmp_path, kind)], settings, Silence())
    assert lists.numbers.has(ASKED).to_list() == [True, True, True, False]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file())
    assert b"5550101" not in kept
    assert (14155550101).to_bytes(8, "little") not in kept


def test_a_list_that_did_not_change_is_not_read_again(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its name; one that changed is, and so is one whose kept hashes are damaged."""
    path = write(tmp_path, "csv")
    first = read_lists([path], settings, Silence())
    read: list[Path] = []

    def opened(place: Path, *_: object) -> list[object]:
        read.append(place)
        return []

    monkeypatch.setattr(suppression_lists, "open_tables", opened)
    again = read_lists([path.rename(tmp_path / "renamed.csv")], settings, Silence())
    assert (read, again.told[0].entries, again.told[0].file) == ([], 3, "renamed.csv")
    assert again.numbers.has(ASKED).to_list() == first.numbers.has(ASKED).to_list()
    (kept,) = (tmp_path / "runs" / "suppression").glob("*.numbers")
    kept.write_bytes(kept.read_bytes()[:-1])
    read_lists([tmp_path / "renamed.csv"], settings, Silence())
    assert len(read) == 1


def test_what_a_list_reaches_is_told(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its age, entries, those that suppress nothing with their rows, its numbers, and the rows that it kept back."""
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("Phone\n+14155550101\n+14155550102\n+14155550104\n", "utf-8")
    Path("dnc.csv").write_text("Phone\n+14155550101\nnobody\n415-555-0102\n+14155550101\n12\n", "utf-8")
    Path("more.txt").write_text("+14155550102\n+14155550109\n", "utf-8")
    os.utime("more.txt", (time.time() - 3 * 86_400,) * 2)
    done = typed(*("run", "list.csv", "--region", "US", "--sandbox", "--suppress", "dnc.csv", "--suppress", "more.txt"))
    assert "2 of 5 entries suppress nothing, being no valid numbers (rows 3, 6)" in done.err
    (summary,) = Path("runs").glob("*/summary.json")
    first, second = json.loads(summary.read_text("utf-8"))["suppression"]["at_start"]
    assert [first[name] for name in ("entries", "unread", "unread_rows", "numbers", "hits")] == [5, 2, [3, 6], 2, 2]
    assert (second["numbers"], second["hits"]) == (2, 1)
    assert first["written_at"] <= first["read_at"]
    assert "dnc.csv with 5 entries (2 of them no valid number, which suppresses nothing), 2 hits" in done.out
    assert "more.txt, 3 days old, with 2 entries, 1 hit" in done.out
    skipped = pl.read_csv(summary.with_name("skipped.csv"), infer_schema=False)
    told = "the number is on the suppression list (dnc.csv or more.txt)"
    assert skipped["detail"].to_list() == [told] * 2
    rows = pl.read_parquet(summary.with_name("rows.parquet"))
    assert rows["detail"].drop_nulls().unique().to_list() == ["the number is on the suppression list"]


def test_a_look_keeps_nothing(tmp_path: Path, settings: Settings) -> None:
    """The folder of runs is not made."""
    lists = read_lists([write(tmp_path, "csv")], settings, Silence(), keeps=False)
    assert isinstance(lists.numbers, NumberSet)
    assert lists.numbers.has(ASKED).sum() == 3
    assert not (tmp_path / "runs").exists()


def test_an_attestation_is_recorded_with_who_gave_it_and_when(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the run's record, its figures, its report, and on the terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importer.pipeline.beginning.os_user", lambda: "anna")
    Path("list.csv").write_text("Phone\n+14155550101\n", "utf-8")
    done = typed("run", "list.csv", "--sandbox", "--attestation", "All of them signed the form of May.")
    (summary,) = Path("runs").glob("*/summary.json")
    told = json.loads(summary.read_text("utf-8"))
    said = told["attestation"]
    assert (said["text"], said["who"], said["at"]) == (
        "All of them signed the form of May.",
        "anna",
        told["started_at"],
    )
    line = f"All of them signed the form of May. (anna, {said['at']})"
    assert f"attested: {line}" in done.out
    assert line in summary.with_name("report.html").read_text("utf-8")
