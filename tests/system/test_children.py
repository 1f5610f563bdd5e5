"""No code is taken from where somebody works: not by the command, and by no process that it starts."""

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import polars as pl
import pytest

import importer
from importer.sandbox import EmbeddedSandbox
from importer.system import children
from tests.support.workbooks import save

PACKAGE = Path(importer.__file__).parent
SCRIPT = Path(sys.executable).with_name("importer")
ROWS = [["Name", "Phone"], ["Ann", "+1 202-555-0100"]]
CHILDREN = ("readers/parquet_proof.py", "sandbox/__main__.py", "readers/workbooks/child.py")

STARTERS = {
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
    "concurrent.futures": {"ProcessPoolExecutor"},
    "os": {name for name in dir(os) if name.startswith(("exec", "fork", "popen", "posix_spawn", "spawn", "system"))},
    "subprocess": {"Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "run"},
}
"""By module, what starts a process."""


def starts(source: str) -> list[str]:
    """What a program's text calls, or takes under another name, that starts a process."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [(alias.name, alias.asname) for alias in node.names]
            found += [
                name
                for name, other in names
                if name.split(".")[0] in {"multiprocessing", "pty"} or (other and name in STARTERS)
            ]
        elif isinstance(node, ast.ImportFrom) and node.module:
            taken = STARTERS.get(node.module, set()) & {alias.name for alias in node.names}
            found += [node.module] if node.module.startswith("multiprocessing") else sorted(taken)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module = ast.unparse(node.func.value)
            found += [f"{module}.{node.func.attr}"] if node.func.attr in STARTERS.get(module, ()) else []
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\nsubprocess.run(['ls'])",
        "from subprocess import Popen",
        "import subprocess as s",
        "import os\nos.execv('/bin/ls', [])",
        "from os import fork",
        "import multiprocessing",
        "from concurrent.futures import ProcessPoolExecutor",
        "import asyncio\nasyncio.create_subprocess_exec('ls')",
    ],
)
def test_a_start_of_a_process_is_seen(source: str) -> None:
    """Whichever way a program starts one, its text shows it."""
    assert starts(source)


def test_one_function_starts_all_children() -> None:
    """``importer.system.children`` calls ``Popen`` once; else nothing starts a process, but ``job install`` crontab."""
    found = {path.relative_to(PACKAGE).as_posix(): starts(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    assert {name: calls for name, calls in found.items() if calls} == {
        "jobs/schedules/cron.py": ["subprocess.run", "subprocess.run"],
        "system/children.py": ["subprocess.Popen", "os.fork"],
    }


@functools.cache
def imported() -> set[str]:
    """The modules that the package imports, and others that Python or its libraries look for by themselves."""
    names = {"brotli", "encodings", "h2", "h11", "pandas", "pyarrow", "simplejson", "sitecustomize", "usercustomize"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - {"__future__"}


class Desk:
    """A folder with lists, and a module under every name that could be imported; each leaves a mark where it is run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "desk"
        self._marks = folder / "marks"
        self.path.mkdir()
        self._marks.mkdir()
        (self.path / "names.csv").write_text("\n".join(",".join(row) for row in ROWS), "utf-8")
        save(self.path / "calendar.xlsx", ROWS)
        pl.DataFrame(ROWS[1:], ROWS[0], orient="row").write_parquet(self.path / "email.parquet")
        for name in imported():
            self.put(self.path / f"{name}.py")
        for name in ("encodings", "importer", "polars"):
            (self.path / name).mkdir()
            for file in ("__init__.py", "__main__.py"):
                self.put(self.path / name / file)

    def put(self, path: Path, text: str = "") -> None:
        """A module that leaves a mark and then does what ``text`` says."""
        name = path.relative_to(path.parents[1]).as_posix().replace("/", ".")
        path.write_text(f"open({str(self._marks / name)!r}, 'w').close()\n{text}", "utf-8")

    def take_marks(self) -> set[str]:
        """The modules that were run since they were last taken."""
        found = {mark.name for mark in self._marks.iterdir()}
        for name in found:
            (self._marks / name).unlink()
        return found

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        """Import the three lists into an embedded sandbox: every child there is takes part."""
        lists = ("names.csv", "calendar.xlsx", "email.parquet")
        return subprocess.run(
            [*command, "run", *lists, "--sandbox", "--json"],
            cwd=self.path,
            env={name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "PYTHON"))},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_command_runs_no_module_of_the_current_folder(desk: Desk) -> None:
    """Lists of three kinds are imported beside a module under each name that anything imports; none of them is run."""
    done = desk.run(SCRIPT)
    assert (done.returncode, desk.take_marks()) == (0, set()), done.stderr
    assert json.loads(done.stdout)["imported"] == 1


def test_python_m_runs_no_module_of_the_current_folder_that_python_itself_does_not(desk: Desk) -> None:
    """What Python imports from there before an empty module is beyond us; there is nothing else."""
    shutil.rmtree(desk.path / "importer")
    (desk.path / "importer.py").unlink()
    (desk.path / "nothing.py").touch()
    while own := _run_by_python(desk):
        for name in own:
            (desk.path / name).unlink()
    done = desk.run(sys.executable, "-m", "importer")
    assert (done.returncode, desk.take_marks()) == (0, set()), done.stderr


def _run_by_python(desk: Desk) -> set[str]:
    """The modules of the folder that Python runs on its way to an empty one."""
    subprocess.run([sys.executable, "-m", "nothing"], cwd=desk.path, capture_output=True, check=False)
    return {name.rpartition("desk.")[2] for name in desk.take_marks()}


def test_children_run_the_package_that_started_them(desk: Desk, tmp_path: Path) -> None:
    """A copy of the package that lies on no path of theirs starts children of the copy, not of the one installed."""
    copy = tmp_path / "copy" / "importer"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name in CHILDREN:
        desk.put(copy / name, (PACKAGE / name).read_text("utf-8"))
    program = f"import sys; sys.path.insert(0, {str(copy.parent)!r}); from importer.cli import main; main()"
    done = desk.run(sys.executable, "-P", "-c", program)
    shutil.rmtree(copy)
    assert done.returncode == 0, done.stderr
    assert desk.take_marks() == {".".join(name.split("/")[-2:]) for name in CHILDREN}


def test_a_child_has_what_it_is_given_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the key nor any variable of Python's, the root folder to work in, no core file, no path to this one."""
    hostile = {"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "start.py"), "VOXPRIA_API_KEY": "a key"}
    for name, value in {**hostile, "LC_TIME": "C"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    program = """
        import json, os, resource, sys
        core = resource.getrlimit(resource.RLIMIT_CORE)
        print(json.dumps([dict(os.environ), os.getcwd(), sys.path, core]))
    """
    child = children.start("code", "-q", variables={"GIVEN": "1"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    told, _ = child.communicate(dedent(program).encode(), timeout=60)
    variables, folder, path, core = json.loads(told.decode().strip().strip("> "))
    assert variables["GIVEN"] == "1"
    assert variables["LC_TIME"] == "C"
    assert not hostile.keys() & variables.keys()
    assert (folder, core) == ("/", [0, 0])
    assert not {"", ".", str(tmp_path), str(PACKAGE)} & set(path)


def test_the_sandbox_alone_has_the_key_and_ends_apart_from_the_terminal(tmp_path: Path) -> None:
    """It is in its environment; the process leads a session of its own."""
    with EmbeddedSandbox(tmp_path / "api.sqlite") as sandbox:
        assert sandbox._child is not None
        pid = sandbox._child.pid
        assert os.getsid(pid) == pid
        if (environment := Path(f"/proc/{pid}/environ")).exists():
            assert f"VOXPRIA_API_KEY={sandbox.key}".encode() in environment.read_bytes().split(b"\0")
