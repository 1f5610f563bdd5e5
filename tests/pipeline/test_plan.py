"""One bad file of several: the others are shown and written, and imported where a person says so."""

import json
from pathlib import Path

import pytest

from importer.errors import UsageError
from importer.pipeline.plan import lists_of
from importer.settings.settings import load_settings
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary
from tests.conftest import Typed

GOOD = "Name,Phone\nAnn Example,+12025550101\nBo Example,+12025550102\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A picture and a file that is not there between two lists; the second list is found broken only on its way."""
    contents = {"a.csv": GOOD, "picture.csv": b"\x89PNG\r\n", "gone.csv": None, "b.csv": GOOD.replace("010", "011")}
    for name, content in contents.items():
        if content is not None:
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return [tmp_path / name for name in contents]


def test_convert_writes_the_others(typed: Typed, files: list[Path], tmp_path: Path) -> None:
    """And ends with 2, with each file that it could not read and why."""
    done = typed("convert", *files, "--out", tmp_path / "plain")
    assert done.code == 2
    assert sorted(path.name for path in (tmp_path / "plain").iterdir()) == ["a.csv.csv", "b.csv.csv"]
    assert "2 of 4 files cannot be read. picture.csv is a PNG picture" in done.err
    assert "There is no file gone.csv" in done.err


def test_inspect_shows_the_others(typed: Typed, files: list[Path], tmp_path: Path) -> None:
    """Forecast included; a file that breaks off on its way is counted nowhere."""
    broken = tmp_path / "broken.json"
    rows = ['{"Phone": "+1 202 555 0103",\n"Name": "Cy"},'] * 3_000 + ['{"Phone": ,}'] * 10_001
    broken.write_text("\n".join(["[", *rows, "{}]"]))
    done = typed("inspect", *files, broken, "--runs", tmp_path / "runs")
    assert done.code == 2
    assert "An import of 4 rows would give" in done.out
    assert "3 of 5 files cannot be read. picture.csv is a PNG picture" in done.err
    assert "broken.json has more than 10,000 broken objects" in done.err


def test_run_sends_nothing_and_says_how_to_leave_them_out(typed: Typed, files: list[Path], tmp_path: Path) -> None:
    """Before a run begins; of files that are all unreadable, and of a single one, none can be left out."""
    runs = ("--runs", tmp_path / "runs", "--sandbox")
    done = typed("run", *files, *runs)
    assert (done.code, (tmp_path / "runs").exists()) == (2, False)
    assert "2 of 4 files cannot be read. picture.csv is" in done.err
    assert "Nothing was sent. Mend them, or leave them out: add --skip-unreadable." in done.err
    for bad in (files[1:3], files[1:2], files[2:3]):
        done = typed("run", *bad, *runs, "--skip-unreadable")
        assert (done.code, (tmp_path / "runs").exists()) == (2, False)
        assert "--skip-unreadable" not in done.err


def test_a_run_without_them_names_them_in_its_books(typed: Typed, files: list[Path], tmp_path: Path) -> None:
    """The summary, the report and the table at the end; the exit code is not that of a run that took all."""
    done = typed("run", *files, "--runs", tmp_path / "runs", "--sandbox", "--skip-unreadable")
    assert done.code == 3
    assert "left out: picture.csv" in done.out
    (folder,) = (tmp_path / "runs").glob("2*-*-*")
    summary = Summary.read(folder)
    assert (summary.imported, summary.rows, summary.balanced, summary.status) == (4, 4, True, "complete")
    assert [one.file for one in summary.unreadable] == ["picture.csv", "gone.csv"]
    assert [name for _, name in RunFolder(folder).record().files] == ["a.csv", "b.csv"]
    page = (folder / "report.html").read_text("utf-8")
    assert "<h3>picture.csv</h3>\n<p>Left out, because it cannot be read" in page
    assert typed("report", folder, "--json").code == 0
    assert json.loads((folder / "summary.json").read_text())["exit_code"] == 3


def test_a_cluster_takes_folders_patterns_and_addresses(tmp_path: Path) -> None:
    """The lists in a folder by name; another engine takes files alone, and says what an address needs."""
    for name in ("b.csv", "a.csv", ".hidden", "[1].csv"):
        (tmp_path / name).write_text("Name,Phone\n", "utf-8")
    there = load_settings({"engine": "spark"})
    assert [path.name for path in lists_of([tmp_path], there)] == ["[1].csv", "a.csv", "b.csv"]
    assert [path.name for path in lists_of([tmp_path / "?.csv", tmp_path / "[1].csv"], there)] == [
        *("a.csv", "b.csv", "[1].csv")
    ]
    with pytest.raises(UsageError, match="There is no list"):
        lists_of([tmp_path / "*.xlsx"], there)
    with pytest.raises(UsageError, match=r"s3://lake/a\.csv is in object storage: add --engine spark"):
        lists_of([Path("s3://lake/a.csv")], load_settings({}))
    with pytest.raises(UsageError, match="is a folder"):
        lists_of([tmp_path], load_settings({}))
