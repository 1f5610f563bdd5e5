"""The Python calls: what the topic ``python`` shows is run, and each call does what its command does."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import polars as pl
import pytest

import importer
from importer.cli.docs import topic
from importer.errors import StoppedError, UndecidedError, UsageError
from importer.sandbox import Behaviour
from tests.conftest import KEY, Sandbox, StartSandbox

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    code.partition("\n")[0].removeprefix("# "): code
    for code in re.findall(r"^```python\n(.*?)^```$", topic("python"), re.MULTILINE | re.DOTALL)
}
LIST = "Phone,First name,Last name\n+14155550101,Ann,Example\n(415) 555-0102,Bob,Example\n12,Cid,Example\n"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("IMPORTER_", "VOXPRIA_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    file = tmp_path / "contacts.csv"
    file.write_text(LIST, "utf-8")
    return file


def started(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a script does in a folder of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "VOXPRIA_"))}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_notebook_runs_within_an_event_loop(tmp_path: Path) -> None:
    """As a notebook's kernel runs its cells: in the main thread, while a loop is running there."""
    book = openpyxl.Workbook()
    for row in LIST.splitlines():
        book.active.append(row.split(","))
    book.save(tmp_path / "contacts.xlsx")
    (tmp_path / "notebook.py").write_text(EXAMPLES["notebook.py"], "utf-8")
    cells = "import asyncio\nasync def main():\n    exec(open('notebook.py').read(), {})\nasyncio.run(main())"
    done = started(cells, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 of 3 rows would be sent" in done.stdout
    assert re.search(r"complete 2 /.*/report\.html", done.stdout)
    assert "confirmed" in done.stdout
    assert done.stderr == ""


def test_a_plain_scheduler_runs_the_nightly_script(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Errored rows are no failure, the second night sends nothing twice, and the guard's refusal is the exit code."""
    more = "+14155550103,Dee,Example\n13,Eve,Example\n"
    (tmp_path / "nightly.csv").write_text(LIST + more, "utf-8")
    (tmp_path / "do-not-call.csv").write_text("Phone\n+14155550102\n", "utf-8")
    nightly = EXAMPLES["nightly.py"].replace("max_error_rate=0.2", "max_error_rate=0.4")
    done = started(nightly, tmp_path, VOXPRIA_API_KEY=KEY, IMPORTER_BASE_URL=sandbox.url)
    assert done.returncode == 0, done.stderr
    assert '"imported":2,"skipped":1,"errored":2' in done.stdout
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOXPRIA_API_KEY", KEY)
    monkeypatch.setenv("IMPORTER_BASE_URL", sandbox.url)
    for script, code in ((nightly, 0), (EXAMPLES["nightly.py"], 5)):
        with pytest.raises(SystemExit) as ended:
            exec(compile(script, "nightly.py", "exec"), {})  # noqa: S102 - the documentation's own code
        assert ended.value.code == code
    assert '"imported":0,"skipped":3,"errored":2' in capsys.readouterr().out
    assert sandbox.store.count() == 2


def test_the_examples_are_typed(tmp_path: Path) -> None:
    """``mypy --strict`` over them, in a folder outside the package; the orchestrators themselves are not installed."""
    for name, code in EXAMPLES.items():
        (tmp_path / name).write_text(code, "utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8").partition("[tool.mypy]\n")[2].partition("[tool.pytest")[0]
    options = re.sub(r"^files = .*\n", "", project, flags=re.MULTILINE)  # with others, what mypy keeps would be stale
    assert "strict = true" in options
    # The decorators of what is not installed are unknown, and strict mode wants to know them.
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.mypy]\n{options}"
        '[[tool.mypy.overrides]]\nmodule = ["airflow.*", "dagster.*", "prefect.*"]\nignore_missing_imports = true\n'
        f"[[tool.mypy.overrides]]\nmodule = {[name[:-3] for name in EXAMPLES]}\ndisallow_untyped_decorators = false\n",
        "utf-8",
    )
    with TemporaryDirectory() as cache:  # a copy: the project's own is for the project
        if (ROOT / ".mypy_cache").is_dir():
            shutil.copytree(ROOT / ".mypy_cache", cache, dirs_exist_ok=True)
        command = [sys.executable, "-m", "mypy", "--cache-dir", cache, *sorted(EXAMPLES)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "Success: no issues found in 5 source files")


def test_the_whole_life_of_a_run(contacts: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    """Run, correct, verify and undo; each gives what its command says, and nothing of the process is changed."""
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    before = (dict(os.environ), Path.cwd(), os.umask(0o022), threading.active_count())
    runs = tmp_path / "runs"
    seen: list[importer.Progress] = []
    run = importer.run(
        contacts, region="US", runs=runs, key=KEY, base_url=sandbox.url, on_progress=seen.append, max_memory=600
    )
    summary = run.summary
    assert (summary.rows, summary.imported, summary.errored, summary.exit_code) == (3, 2, 1, 3)
    assert (seen[-1].prepared, seen[-1].answered) == (3, 2)
    rows = run.rows().select("row", "outcome", "phone", "raw:First name").collect()
    assert rows["outcome"].to_list() == ["imported", "imported", "errored"]
    assert importer.Run.find(runs=runs) == run

    (tmp_path / "fixed.csv").write_bytes((run.folder / "retry.xlsx").read_bytes())
    book = openpyxl.load_workbook(run.folder / "retry.xlsx")
    header = [cell.value for cell in book.active[1]]
    book.active.cell(2, header.index("Phone") + 1).value = "+14155550103"
    book.save(tmp_path / "fixed.xlsx")
    corrected = importer.retry(run, tmp_path / "fixed.xlsx", runs=runs, key=KEY)
    assert corrected.summary.imported == 1
    assert run.summary.retried[corrected.run_id].imported == 1

    assert importer.verify(run, key=KEY).summary.imported == 2
    assert importer.resume("latest", runs=runs, key=KEY) == corrected
    planned = importer.undo(run, key=KEY, dry_run=True)
    assert (planned.status, planned.waiting, sandbox.store.count()) == ("dry-run", 2, 3)
    done = importer.undo(run.run_id, runs=runs, key=KEY)
    assert (done.status, done.removed, sandbox.store.count()) == ("complete", 2, 1)
    mask = os.umask(0o022)
    os.umask(before[2])
    assert {number: signal.getsignal(number) for number in signal.valid_signals()} == handlers
    assert (dict(os.environ), Path.cwd(), mask, threading.active_count()) == (*before[:2], 0o022, before[3])


def test_what_interrupts_the_caller_stops_the_run_in_good_order(
    contacts: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    """An error of ``on_progress`` comes out after the books are closed, and the run goes on later."""

    def tired(now: importer.Progress) -> None:
        assert threading.current_thread() is threading.main_thread()
        if now.prepared:
            raise TimeoutError("the task's time is up")

    wishes = {"region": "US", "runs": tmp_path / "runs", "max_error_rate": 0.9}
    with pytest.raises(TimeoutError):
        importer.run(contacts, key=KEY, base_url=sandbox.url, on_progress=tired, **wishes)  # type: ignore[arg-type]
    run = importer.Run.find(runs=tmp_path / "runs")
    assert run.summary.balanced
    assert run.summary.exit_code == 4
    assert importer.resume(run, key=KEY).summary.imported == 2
    assert sandbox.store.count() == 2


def test_another_thread_stops_a_run(contacts: Path, start_sandbox: StartSandbox, tmp_path: Path) -> None:
    """The run's account says so, and nothing is raised."""
    sandbox = start_sandbox(Behaviour())
    stop = importer.Stop()
    stop.wish()
    run = importer.run(contacts, region="US", runs=tmp_path, key=KEY, base_url=sandbox.url, stop=stop)
    assert (run.summary.status, run.summary.exit_code, sandbox.store.count()) == ("incomplete", 4, 0)


def test_it_runs_beside_the_main_thread(contacts: Path, tmp_path: Path) -> None:
    """As in a worker of a scheduler."""
    runs: list[importer.Run] = []
    work = threading.Thread(
        target=lambda: runs.append(importer.run([contacts], region="US", runs=tmp_path, dry_run=True))
    )
    work.start()
    work.join(60)
    assert runs[0].summary.planned == 2
    assert runs[0].rows().select(pl.len()).collect().item() == 3


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    """Nothing is asked and nothing printed: a column that is not sure, an unknown run, a file that is not there."""
    unsure = tmp_path / "unsure.csv"
    unsure.write_text("a,b\n+14155550101,+14155550102\n", "utf-8")
    with pytest.raises(UndecidedError, match="--map phone="):
        importer.run(unsure, runs=tmp_path, dry_run=True)
    with pytest.raises(UsageError, match="There is no run"):
        importer.resume("20260101-000000-000", runs=tmp_path)
    with pytest.raises(UsageError, match="no file"):
        importer.inspect(tmp_path / "nowhere.csv")
    with pytest.raises(UsageError, match="--in-flight"):
        importer.run(unsure, in_flight=99)


def test_a_run_without_its_files_says_how_to_get_them(contacts: Path, tmp_path: Path) -> None:
    """Killed before the summary, or damaged since."""
    run = importer.run(contacts, region="US", runs=tmp_path, dry_run=True)
    (run.folder / "rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoppedError, match="importer report"):
        run.rows().collect()
    (run.folder / "rows.parquet").unlink()
    (run.folder / "summary.json").unlink()
    with pytest.raises(UsageError, match="importer resume"):
        run.rows()
    with pytest.raises(UsageError, match="importer resume"):
        _ = run.summary
