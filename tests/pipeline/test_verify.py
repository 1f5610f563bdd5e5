"""``importer verify`` and ``--repost-anyway`` as a person types them, and what the reports say then."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from importer.sandbox import Behaviour
from tests.conftest import StartSandbox, Typed

LIST = "Name,Phone\nAnn Example,+1 202 555 0101\nBen Example,+1 202 555 0102\nCy Example,+1 202 555 0103\n"


def test_verify_and_resume_as_a_person_types_them(
    tmp_path: Path, typed: Typed, start_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose only answer was lost: verify asks for a control, with one it settles, and resume sends."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    sandbox = start_sandbox(
        Behaviour.parse(["faults=1:reset-before-commit", "list_totals=none", "on_duplicate=second"])
    )
    url = ("--base-url", sandbox.url, "--quiet-time", "0.1")
    lost = typed("run", "list.csv", *url)
    assert lost.code == 4
    assert "importer resume" not in lost.out + lost.err, "it would look no better"
    assert re.search(r"Go on with: importer verify \S+ --control PHONE", lost.err)
    plain = typed("verify", "latest")
    assert plain.code == 4
    assert "--control PHONE" in plain.err
    done = typed("verify", "latest", "--control", "+1 202 555 0199", "--yes", "--json")
    assert json.loads(done.out)["reasons"] == {"waiting": {"not-sent": 3}}
    assert "importer resume" in done.err
    assert list(sandbox.store.contacts()) == []
    assert typed("resume", "latest").code == 0
    again = typed("verify", "latest")
    assert "All 3 contacts that the API confirmed are in its list." in again.err
    assert again.code == 0
    assert len(list(sandbox.store.contacts())) == 3


def test_repost_anyway_marks_its_rows_in_the_reports(
    tmp_path: Path, typed: Typed, start_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wish of a person is carried out, and every row says so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    sandbox = start_sandbox(Behaviour.parse(["faults=1:reset-after-commit", "on_duplicate=second"]))
    url = ("--base-url", sandbox.url, "--quiet-time", "0.1")
    assert typed("run", "list.csv", *url, "--verify", "never").code == 4
    summary = json.loads(typed("resume", "latest", "--repost-anyway", "--json").out)
    assert summary["imported"] == 3
    rows = pl.read_parquet(tmp_path / "runs" / summary["run_id"] / "rows.parquet")
    assert rows["detail"].str.starts_with("maybe_duplicated").all()
