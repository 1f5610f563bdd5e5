"""The report of a bug says where in the program it is, and nobody's data."""

import re
from pathlib import Path

import pytest

import importer.cli.trace
from tests.conftest import Typed


def test_the_report_has_names_and_no_values(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of options, commands, files and runs are kept, and small numbers; messages of errors are not."""

    def crash(*_: object) -> None:
        try:
            int("+12025550177 Jane")
        except ValueError:
            raise KeyError("jane@example.com") from None

    monkeypatch.setattr(importer.cli.trace, "trace", crash)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lists").mkdir()
    done = typed("trace", "+12025550177", "--region", "US", "--runs", tmp_path / "lists", "-q")
    (report,) = (tmp_path / "lists").iterdir()
    assert done.code == 1
    assert str(report) in done.err
    text = report.read_text("utf-8")
    assert "command: importer trace … --region US --runs lists -q\n" in text
    assert re.search(r"^importer \S+, CPython 3\.\S+$", text, re.MULTILINE)
    assert "polars " in text
    assert "importer/cli/trace.py, line " in text
    assert text.endswith("builtins.KeyError (its message is left out)\n")
    assert not re.search("Jane|jane|2025550177", text)


def test_a_report_that_cannot_be_written_is_no_second_bug(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place in the program is said all the same."""

    def crash(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr(importer.cli.trace, "trace", crash)
    (tmp_path / "runs").write_text("", "utf-8")
    done = typed("trace", "+12025550177", "--runs", tmp_path / "runs")
    assert done.code == 1
    assert re.match(
        r"importer: This is a bug: IndexError in test_bugs\.py, line \d+\. Its report cannot be writ", done.err
    )
