"""``job init``, ``check``, ``run`` and ``status`` at the terminal."""

import json
import re
import shutil
from pathlib import Path

import pytest

from importer.settings.job_reading import job_schema, read_job
from tests.conftest import Sandbox, Typed
from tests.support.jobs import JobHouse, people

SAMPLE = Path(__file__).parents[2] / "sample_data" / "webshop-orders.csv"


def test_a_job_from_a_file_to_its_report(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made of a sample, checked, started, and seen."""
    monkeypatch.chdir(tmp_path)
    made = typed("job", "init", SAMPLE, "--region", "US")
    assert made.code == 0, made.err
    job = Path("job.toml")
    assert 'phone = "Phone"' in job.read_text("utf-8")
    assert json.loads(Path("job.schema.json").read_bytes()) == json.loads(json.dumps(job_schema()))
    assert typed("job", "init", SAMPLE).code == 2, "never written over"
    job.write_text("sandbox = true\n" + job.read_text("utf-8").replace("settle_s = 30", "settle_s = 0"), "utf-8")
    assert read_job(job, {}).settings.gates.same_columns
    shutil.copy(SAMPLE, "inbox")
    checked = typed("job", "check", job)
    assert (checked.code, "a start would take 1 file now" in checked.out) == (0, True), checked.err
    assert typed("job", "status", job, "--max-age", "26h").code == 4, "it never ran"
    run = typed("job", "run", job, "--json", "--fail-on", "never")
    assert run.code == 0, run.err
    (one,) = json.loads(run.out)["files"]
    assert (one["state"], one["rows"]["rows"]) == ("done", 227)
    status = typed("job", "status", job, "--max-age", "26h")
    assert status.code == 0, status.err
    assert "it last ended well" in status.out
    told = json.loads(typed("job", "status", job, "--json").out)
    assert (told["is_late"], told["owner"], told["starts"][0][2]) == (False, None, 0)
    assert typed("job", "status", job, "--max-age", "soon").code == 2


def test_the_status_leads_on_from_what_went_wrong(
    typed: Typed, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why a file failed or was held back, where its report lies, what to type; and why a start was stopped."""
    house = JobHouse(tmp_path, sandbox.url)
    path = house.write(gates="max_rows = 2")
    house.drop("broken.xlsx", "PK\x03\x04 nothing more")
    house.drop("long.csv", people(3))
    assert typed("job", "run", path, "--base-url", sandbox.url).code == 2
    told = typed("job", "status", path).out
    assert "broken.xlsx is damaged or cut short" in told
    assert f"(report: {tmp_path / 'inbox' / 'failed' / 'broken.xlsx'}.report.html)" in told
    assert "The gate max_rows holds it back: 3 rows" in told
    assert re.search(r"^    importer approve \S+ --runs", told, re.MULTILINE)
    assert "was stopped" not in told
    monkeypatch.delenv("VOXPRIA_API_KEY")
    house.drop("more.csv", people(2))
    assert typed("job", "run", path, "--base-url", sandbox.url).code == 2
    status = typed("job", "status", path, "--json").out
    assert "VOXPRIA_API_KEY" in json.loads(status)["stopped"]
    assert "the last one was stopped: There is no API key" in typed("job", "status", path).out
