"""Folders and files as people have them: what cannot be read or written is told, with the way out, and is no bug."""

import ast
import ctypes
import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

import importer
from importer.cli.app import app
from importer.errors import UsageError
from importer.models.decisions import Change
from importer.pipeline.reconciliation import Ending
from importer.settings.settings import load_settings
from importer.storage.decisions import Decisions
from importer.storage.run_folder import RunFolder
from tests.conftest import Sandbox, Typed

LIST = "Name,Phone\nAnn,+1 202-555-0100\nBob,12\n"
FIXED = "Name,Phone,importer: source,importer: row\nBob,13,{},3\n"
_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_SECUREBITS, _NO_SETUID_FIXUP = 28, 1 << 2  # without it, access(2) asks what root may
_PASSES_OVER_PERMISSIONS = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def minding_permissions() -> Iterator[None]:
    """Let root have no more than files' permissions in this thread and those that it starts, as others have."""
    if os.geteuid() != 0:
        yield
        return
    system = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    assert system.capget(header, held) == 0
    fewer = (ctypes.c_uint32 * 6)(held[0] & ~_PASSES_OVER_PERMISSIONS, *held[1:])
    assert (system.prctl(_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0), system.capset(header, fewer)) == (0, 0)
    try:
        yield
    finally:
        assert (system.capset(header, held), system.prctl(_SECUREBITS, 0, 0, 0, 0)) == (0, 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a list and a run of it."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "list.csv").write_text(LIST, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert CliRunner().invoke(app, ["run", "list.csv", "--sandbox"]).exit_code == 3
    Decisions(one_run(folder)).append("anna", [Change(("list.csv", None, 3), "set", "13", "Phone", "12")])
    return folder


def one_run(desk: Path) -> Path:
    (record,) = desk.glob("runs*/*/run.json")
    return record.parent


PLACES: dict[str, tuple[Callable[[Path], Path], int]] = {
    "runs folder, read-only": (lambda desk: desk / "runs", 0o500),
    "runs folder, not to be entered": (lambda desk: desk / "runs", 0o600),
    "run's folder, read-only": (one_run, 0o500),
    "run's folder, not to be entered": (one_run, 0o000),
    "working folder, read-only": (lambda desk: desk, 0o500),
    "list": (lambda desk: desk / "list.csv", 0o000),
}

CASES = [
    ("runs folder, read-only", "run list.csv --sandbox", 2, "--runs"),
    ("runs folder, read-only", "retry latest", 2, "--runs"),
    ("runs folder, not to be entered", "run list.csv --sandbox", 2, "--runs"),
    ("runs folder, not to be entered", "trace +12025550100", 2, "--runs"),
    ("runs folder, not to be entered", "runs", 2, "--runs"),
    ("run's folder, read-only", "report latest", 4, "Permission denied"),
    ("run's folder, not to be entered", "resume latest", 2, "Give permission"),
    ("run's folder, not to be entered", "runs", 0, ""),
    ("working folder, read-only", "run list.csv --sandbox --runs new", 2, "--runs"),
    ("working folder, read-only", "convert list.csv --out plain", 2, "cannot be written"),
    ("list", "run list.csv --sandbox", 2, "'list.csv' is not readable"),
]


@pytest.mark.parametrize(("place", "command", "code", "says"), CASES, ids=[f"{c}, {p}" for p, c, *_ in CASES])
def test_where_permission_is_missing_one_line_says_so(  # noqa: PLR0917 - a case
    made: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, place: str, command: str, code: int, says: str
) -> None:
    """Which place, why, and what to do; exit code 2 where nothing began, 4 where a run can go on."""
    monkeypatch.chdir(made)
    find, mode = PLACES[place]
    path = find(made)
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        with minding_permissions():
            done = typed(*command.split())
    finally:
        path.chmod(before)
    assert (done.code, "bug" in done.err, "Traceback" in done.err) == (code, False, False), done.err
    assert len(done.err.splitlines()) == bool(says)
    assert says in done.err


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a run in ``runs``, one row imported and one errored."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "list.csv").write_text(LIST, "utf-8")
    assert typed("run", "list.csv", "--base-url", sandbox.url).code == 3
    return folder


@pytest.mark.parametrize("command", ["run list.csv --dry-run", "runs", "report latest", "trace +12025550100"])
def test_a_file_where_the_runs_should_be_is_named(desk: Path, typed: Typed, command: str) -> None:
    """Exit code 2."""
    done = typed(*command.split(), "--runs", desk / "list.csv")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "list.csv" in done.err


def test_a_folder_of_runs_may_be_called_like_a_pattern(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """All commands work where a pattern of that name would find nothing, or another folder."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    (tmp_path / "fixed.csv").write_text(FIXED.format("list.csv"), "utf-8")
    runs = ("--runs", tmp_path / "we[i]rd *?{x}")
    codes = [
        typed(*command, *runs).code
        for command in [
            ("run", tmp_path / "list.csv", "--base-url", sandbox.url, "--keep", "last"),
            ("report", "latest"),
            ("verify", "latest"),
            ("resume", "latest"),
            ("retry", "latest", tmp_path / "fixed.csv"),
            ("runs",),
            ("trace", "+12025550100"),
            ("undo", "latest", "--dry-run"),
        ]
    ]
    assert codes == [3, 0, 3, 3, 3, 0, 0, 0]


def test_no_path_is_read_as_a_pattern() -> None:
    """Every call that opens Parquet by its path says so: otherwise ``[`` finds nothing, or another file."""
    nodes = (
        (path.name, node)
        for path in Path(importer.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"pl.scan_parquet", "pl.read_parquet"}
    )
    calls = [(name, "glob=False" in text) for name, node in nodes if "BytesIO" not in (text := ast.unparse(node))]
    assert len(calls) >= 4
    assert [name for name, is_plain in calls if not is_plain] == []


def test_a_tilde_is_the_home_wherever_a_path_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a profile, the environment and a flag that no shell has expanded."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IMPORTER_CA_FILE", "~/authority.pem")
    (tmp_path / "job.toml").write_text('suppress = "~/do-not-call.csv"\n', "utf-8")
    settings = load_settings({"runs": Path("~/runs")}, tmp_path / "job.toml")
    found = (*settings.suppress, settings.ca_file, settings.runs)
    assert found == tuple(tmp_path / name for name in ("do-not-call.csv", "authority.pem", "runs"))
    with pytest.raises(UsageError, match="--runs: names the home"):
        load_settings({"runs": "~nobody-of-this-name/runs"})


def test_a_name_that_is_not_utf_8_is_kept_and_shown(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """The run finds its files again; documents, tables and terminal show the odd byte as an escape."""
    name = os.fsdecode(b"caf\xe9.csv")
    try:
        (tmp_path / name).write_text(LIST, "utf-8")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    (tmp_path / os.fsdecode(b"d\xefnc.csv")).write_text("Phone\n+1 202-555-0155\n", "utf-8")
    runs = ("--runs", tmp_path / "runs")
    given = ("--base-url", sandbox.url, "--suppress", tmp_path / os.fsdecode(b"d\xefnc.csv"))
    done = typed("run", tmp_path / name, *given, *runs)
    assert (done.code, r"caf\xe9.csv" in done.out) == (3, True), done.err
    (folder,) = (RunFolder(record.parent) for record in tmp_path.glob("runs/*/run.json"))
    assert folder.record().files == [(tmp_path / name, r"caf\xe9.csv")]
    assert folder.settings().suppress == (tmp_path / os.fsdecode(b"d\xefnc.csv"),)
    summary = json.loads((folder.path / "summary.json").read_text("utf-8"))
    assert summary["sources"][0]["file"] == r"caf\xe9.csv"
    assert [told["file"] for told in summary["suppression"]["at_start"]] == [r"d\xefnc.csv"]
    assert set(folder.settled_rows().collect()["source"]) == {r"caf\xe9.csv"}
    (tmp_path / os.fsdecode(b"\xe9.csv")).write_text(FIXED.format(r"caf\xe9.csv"), "utf-8")
    for command, code in (("report", 0), ("resume", 3), ("retry", 3)):
        done = typed(command, "latest", *([tmp_path / os.fsdecode(b"\xe9.csv")] if command == "retry" else []), *runs)
        assert (done.code, "bug" in done.err) == (code, False), done.err


def test_a_folder_of_runs_that_is_not_utf_8_is_refused(tmp_path: Path, typed: Typed) -> None:
    """Tables cannot be kept under such a name: exit code 2 before anything is read."""
    done = typed("run", tmp_path / "list.csv", "--dry-run", "--runs", tmp_path / os.fsdecode(b"r\xfcns"))
    assert done.code == 2


def test_truncated_rows_are_told_and_written_again(desk: Path, typed: Typed) -> None:
    """Exit code 4 and the command that helps; after it all is as it was."""
    rows = one_run(desk) / "rows.parquet"
    rows.write_bytes(rows.read_bytes()[:-100])
    command = "undo latest --dry-run"
    done = typed(*command.split())
    assert (done.code, f"importer report {rows.parent.name}" in done.err) == (4, True), done.err
    assert typed("report", "latest").code == 0
    assert typed(*command.split()).code == 0


def test_truncated_rows_of_another_run_stop_none(desk: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A number that an earlier run imported for somebody else is skipped, whatever became of that run's rows."""
    rows = one_run(desk) / "rows.parquet"
    rows.write_bytes(rows.read_bytes()[:-100])
    (desk / "other.csv").write_text("Name,Phone\nZoe,+1 202-555-0100\n", "utf-8")
    done = typed("run", "other.csv", "--base-url", sandbox.url, "--json")
    assert (done.code, json.loads(done.out)["reasons"]) == (0, {"skipped": {"already-imported": 1}}), done.err


@pytest.mark.parametrize(
    "command", ["resume latest", "verify latest", "report latest", "undo latest", "retry latest list.csv", "runs"]
)
def test_an_invalid_setting_in_a_record_is_named(desk: Path, typed: Typed, command: str) -> None:
    """Of the run that is asked for: exit code 2 and the setting's name. The list of runs says it and goes on."""
    record = one_run(desk) / "run.json"
    told = json.loads(record.read_text("utf-8"))
    told["settings"] |= {"batch_size": 0, "of_the_future": 1}
    record.write_text(json.dumps(told), "utf-8")
    done = typed(*command.split())
    if command == "runs":
        assert (done.code, "its run.json is damaged" in done.out) == (0, True)
    else:
        assert (done.code, "batch_size, of_the_future" in done.err) == (2, True), done.err


def test_what_the_system_refuses_while_a_run_is_at_work_stops_it() -> None:
    """Exit code 4, the file and why, in the books, too; an error that names no file is a bug and goes on as one."""
    stopped = Ending.of(PermissionError(errno.EACCES, "Permission denied", "runs/some/file"))
    assert (stopped.exit_code, stopped.why) == (
        4,
        "runs/some/file cannot be used (Permission denied). Mend that and try again.",
    )
    with pytest.raises(OSError, match="odd"):
        Ending.of(OSError("odd"))


def test_truncated_parts_are_told(desk: Path, typed: Typed) -> None:
    """The prepared rows of a run are nowhere else: exit code 4, and what is left to do."""
    (part,) = (one_run(desk) / "parts").iterdir()
    part.write_bytes(part.read_bytes()[:-100])
    done = typed("report", "latest")
    assert (done.code, "import the list anew" in done.err) == (4, True), done.err


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "list.csv/x.csv", "loop"])
def test_a_name_that_can_be_no_file_is_wrong_usage(desk: Path, typed: Typed, name: str) -> None:
    """Too long, below a file, or a link to itself."""
    with suppress(FileExistsError):
        (desk / "loop").symlink_to("loop")
    done = typed("run", name, "--dry-run")
    assert (done.code, "bug" in done.err) == (2, False), done.err
