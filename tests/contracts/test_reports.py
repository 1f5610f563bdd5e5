"""What every report must do; a new one is tested by being listed in ``REPORTS``."""

from pathlib import Path

import pytest

from importer.errors import StoppedError
from importer.reports import REPORTS, Report
from importer.storage.summary import Summary
from tests.support.reports_run import small_run


@pytest.fixture(params=REPORTS, ids=lambda report: report.__name__)
def report(request: pytest.FixtureRequest) -> Report:
    """Each report in turn."""
    found: Report = request.param
    return found


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, Summary]:
    """A run with a row of almost every kind."""
    return tmp_path, small_run(tmp_path)


def test_it_names_what_it_wrote_and_nothing_else(report: Report, run: tuple[Path, Summary]) -> None:
    """Each file is there, for its owner alone; nothing unfinished is left. A file's hash may lie beside it."""
    folder, summary = run
    before = {path.name for path in folder.iterdir()}
    names = report(folder, summary, False)
    written = {path.name for path in folder.iterdir()} - before
    assert written - {f"{name}.sha256" for name in names} == set(names)
    assert all((folder / name).stat().st_mode & 0o777 == 0o600 for name in names)


def test_written_again_it_is_the_same_set_of_files(report: Report, run: tuple[Path, Summary]) -> None:
    """What an earlier writing left is replaced."""
    folder, summary = run
    first = report(folder, summary, False)
    assert report(folder, summary, False) == first


def test_a_file_that_cannot_be_written_is_told(report: Report, run: tuple[Path, Summary]) -> None:
    """By name, with what to type; not as a bug."""
    folder, summary = run
    for name in report(folder, summary, False)[:1]:  # none where the run has nothing for it
        (folder / name).unlink()
        (folder / name).mkdir()
        with pytest.raises(StoppedError, match=name):
            report(folder, summary, False)
