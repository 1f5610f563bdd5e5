"""``job install``: each scheduler's recipe is read by the scheduler's own tool where this machine has it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importer.jobs.schedules import systemd
from tests.conftest import KEY, Typed
from tests.support.faultserver import FaultServer
from tests.support.jobs import JobHouse, people

CRONTAB = """#!/bin/sh
if [ "$1" = -l ]; then cat {0} 2> /dev/null || exit 1; else cat > {0}.new && mv {0}.new {0}; fi
"""
"""Keeps a crontab as ``crontab`` does, in a file of the test."""


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Path]:
    """A job in a folder whose name every scheduler reads in its own way, with its key beside it."""
    folder = tmp_path / "100% of it's $HOME"
    folder.mkdir()
    (folder / ".voxpria-key").write_text(KEY + "\n", "utf-8")
    (folder / ".voxpria-key").chmod(0o600)
    yield JobHouse(folder, "").write()
    (folder / ".voxpria-key").unlink()  # it holds the key on purpose; no other file may


@pytest.fixture(params=["root", "anybody"])
def units(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of units: the system's for root, else the user's own."""
    is_root = request.param == "root"
    monkeypatch.setattr(systemd, "SYSTEM", tmp_path / "system")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(os, "geteuid", lambda: 0 if is_root else 1000)
    return tmp_path / ("system" if is_root else "config/systemd/user")


def test_units_are_written_once_and_taken_back_as_told(job: Path, units: Path, typed: Typed) -> None:
    """With the options of each start, and the key's file as a credential; another job of that name has its own."""
    first = typed("job", "install", job, "--systemd", "--at", "4:05", "--private-network")
    assert first.code == 0, first.err
    service, timer = (units / f"importer-nightly.{kind}" for kind in ("service", "timer"))
    assert f"LoadCredential=key:{str(job.parent).replace('%', '%%')}/.voxpria-key" in service.read_text("utf-8")
    assert "Environment=VOXPRIA_API_KEY_FILE=%d/key" in service.read_text("utf-8")
    assert 'job.toml" --private-network' in service.read_text("utf-8")
    assert "OnCalendar=*-*-* 04:05:00" in timer.read_text("utf-8")
    assert all(line in first.out for line in service.read_text("utf-8").splitlines())
    before = service.stat().st_mtime_ns
    again = typed("job", "install", job, "--systemd", "--at", "04:05", "--private-network")
    assert again.out.replace("there already", "written") == first.out
    assert service.stat().st_mtime_ns == before
    assert typed("job", "install", job, "--systemd").code == 0
    assert "--private-network" not in service.read_text("utf-8")
    other = job.with_name("other.toml")
    shutil.copy(job, other)
    refused = typed("job", "install", other, "--systemd")
    assert (refused.code, "of another job" in refused.err) == (2, True)
    undo = [line.removeprefix("undo:").strip() for line in first.out.splitlines() if line.startswith("undo:")]
    subprocess.run(["sh", "-c", undo[1]], check=True)
    assert list(units.iterdir()) == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(job: Path, units: Path, typed: Typed) -> None:
    """As systemd-analyze verify reads them."""
    assert typed("job", "install", job, "--systemd", "--runs", job.parent / "runs of $it").code == 0
    scope = [] if units.name == "system" else ["--user"]
    environment = {name: value for name, value in os.environ.items() if name != "XDG_CONFIG_HOME"}
    told = subprocess.run(
        ["systemd-analyze", *scope, "verify", *map(str, sorted(units.iterdir()))],
        env=environment | {"XDG_RUNTIME_DIR": str(units.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, [line for line in told.stderr.splitlines() if "importer-" in line]) == (0, []), told.stderr


def test_the_line_of_the_crontab_starts_the_job(
    tmp_path: Path, job: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there once, beside others; as cron reads it, it imports the inbox; it is taken back as told."""
    table, tools = tmp_path / "crontab", tmp_path / "tools"
    tools.mkdir()
    (tools / "crontab").write_text(CRONTAB.format(table), "utf-8")
    (tools / "crontab").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    table.write_text("0 1 * * * another\n", "utf-8")
    (job.parent / "inbox" / "a.csv").write_text(people(3), "utf-8")
    with FaultServer() as server:
        monkeypatch.setenv("IMPORTER_BASE_URL", server.url)
        for at in ("02:15", "04:05", "04:05"):
            told = typed("job", "install", job, "--cron", "--at", at)
            assert told.code == 0, told.err
        assert "there already" in told.out
        other, line = table.read_text("utf-8").splitlines()
        assert (other, line[:10]) == ("0 1 * * * another", "5 4 * * * ")
        command = line.split(maxsplit=5)[5].replace(r"\%", "%")
        done = subprocess.run(
            ["sh", "-c", command], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, len(server.contacts)) == (0, "", 3), done.stderr
    undo = next(one.removeprefix("undo:") for one in told.out.splitlines() if one.startswith("undo:"))
    subprocess.run(["sh", "-c", undo], check=True)
    assert table.read_text("utf-8") == "0 1 * * * another\n"


@pytest.mark.parametrize("scheduler", ["kubernetes", "airflow", "github"])
def test_what_is_printed_is_the_recipe_alone(job: Path, typed: Typed, scheduler: str) -> None:
    """What to do with it goes to standard error; the key is the business of the scheduler's own store."""
    told = typed("job", "install", job, "--print", scheduler)
    assert told.code == 0, told.err
    assert (KEY in told.out, "undo:" in told.out, "undo:" in told.err) == (False, False, True)
    assert all("key" in line for line in told.err.splitlines() if "secret" in line)


def test_kubernetes_takes_the_manifest(job: Path, typed: Typed) -> None:
    """By the schemas of its oldest version that knows all of it, and of the newest."""
    validator = pytest.importorskip("kubernetes_validate", reason="not installed: pip install kubernetes-validate")
    yaml = pytest.importorskip("yaml", reason="comes with kubernetes-validate")
    cron_job = yaml.safe_load(typed("job", "install", job, "--print", "kubernetes", "--account", "50% 'a: #b").out)
    for version in ("1.31", validator.latest_version()):
        validator.validate(cron_job, version, strict=True)
    (container,) = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["job", "run", "/data/job.toml", "--account", "50% 'a: #b"]


def test_a_container_has_the_job_s_folder_alone(job: Path, tmp_path: Path, typed: Typed) -> None:
    """What lies elsewhere is named, and nothing is printed."""
    refused = typed("job", "install", job, "--print", "kubernetes", "--runs", tmp_path / "elsewhere")
    assert (refused.code, refused.out) == (2, "")
    assert "lies outside the job's folder" in refused.err


def test_github_takes_the_workflow(job: Path, tmp_path: Path, typed: Typed) -> None:
    """By the schema that check-jsonschema ships; its script is one that a shell can read."""
    pytest.importorskip("check_jsonschema", reason="not installed: pip install check-jsonschema")
    yaml = pytest.importorskip("ruamel.yaml", reason="comes with check-jsonschema")
    told = typed("job", "install", job, "--print", "github", "--account", "${{ secrets.OTHER }}")
    (tmp_path / "workflow.yml").write_text(told.out, "utf-8")
    checked = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    subprocess.run([*checked, str(tmp_path / "workflow.yml")], check=True, capture_output=True)
    (step,) = yaml.YAML(typ="safe").load(told.out)["jobs"]["import"]["steps"]
    assert "${{ secrets.OTHER }}" not in step["run"]
    script = step["run"].replace("${{ '${{' }}", "${{")  # as the workflow's expressions are evaluated
    assert "'${{ secrets.OTHER }}'" in script
    subprocess.run(["bash", "-n", "-c", script], check=True)


def test_airflow_takes_the_dag(job: Path, tmp_path: Path, typed: Typed) -> None:
    """It compiles everywhere; where Airflow is installed, its own bag of DAGs finds one task and no error."""
    text = typed("job", "install", job, "--print", "airflow").out
    compile(text, "dag.py", "exec")
    bags = pytest.importorskip("airflow.dag_processing.dagbag", reason="not installed: pip install apache-airflow")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "dag.py").write_text(text, "utf-8")
    bag = bags.DagBag(str(tmp_path / "dags"))
    assert (bag.import_errors, [task.task_id for task in bag.dags["importer-nightly"].tasks]) == ({}, ["start"])


@pytest.mark.parametrize(
    ("typed_wrongly", "words"),
    [
        (["--systemd", "--cron"], "Say one of"),
        ([], "Say one of"),
        (["--print", "nomad"], "kubernetes, airflow, github"),
        (["--print", "systemd"], "kubernetes, airflow, github"),
        (["--cron", "--at", "25:00"], "--at 02:15"),
        (["--print", "github", "--account", "a\nb"], "line end"),
    ],
)
def test_what_is_typed_wrongly_is_said(job: Path, typed: Typed, typed_wrongly: list[str], words: str) -> None:
    """Exit code 2, and nothing is written or printed."""
    told = typed("job", "install", job, *typed_wrongly)
    assert (told.code, told.out, words in told.err) == (2, "", True), told.err


def test_without_a_crontab_the_other_ways_are_named(job: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in most containers."""
    find: Callable[[str], None] = lambda _: None  # noqa: E731
    monkeypatch.setattr(shutil, "which", find)
    told = typed("job", "install", job, "--cron")
    assert (told.code, "importer job watch" in told.err) == (2, True)
