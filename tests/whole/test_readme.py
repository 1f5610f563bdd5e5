"""The commands of the README and of the topics of ``importer docs`` are run as they stand; tables are the code's."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from importer import errors
from importer.cli.app import app
from importer.cli.docs import print_docs, topic, topics
from importer.models.decisions import Change
from importer.models.outcomes import REASONS
from importer.sandbox import PRESETS, Behaviour
from importer.storage.decisions import Decisions
from tests.conftest import KEY, StartSandbox, Typed

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = "\n".join([README, *map(topic, topics())])


def fenced(language: str) -> list[str]:
    """Every fenced block of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The lines of every fenced block of a language."""
    return [line for block in fenced(language) for line in block.splitlines() if line.strip()]


COMMANDS = blocks("sh")
INLINE = re.findall(r"`(importer [a-z]+ [^`]*?)`", PAGES)


@pytest.fixture
def desk(tmp_path: Path, start_sandbox: StartSandbox) -> Iterator[dict[str, str]]:
    """A folder with the files that the pages speak of, and an environment in which its commands find their API."""
    samples = ROOT / "sample_data"
    for name in ("contacts.xlsx", "april.xlsx"):
        shutil.copy(samples / "open-house-attendees.xlsx", tmp_path / name)
    for name in ("march.csv", "nightly.csv"):
        shutil.copy(samples / "webshop-orders.csv", tmp_path / name)
    for name in ("do-not-call.csv", "another.csv"):
        (tmp_path / name).write_text("Phone\n+14155550100\n", "utf-8")
    for toml in fenced("toml"):
        name = toml.splitlines()[0].removeprefix("# ")
        (tmp_path / name).write_text(toml.replace("settle_s = 30", "settle_s = 0"), "utf-8")
    (tmp_path / "inbox").mkdir()
    shutil.copy(samples / "webshop-orders.csv", tmp_path / "inbox" / "nightly.csv")
    (tmp_path / ".voxpria-key").write_text(KEY + "\n", "utf-8")
    (tmp_path / ".voxpria-key").chmod(0o600)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "importer").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m importer "$@"\n', "utf-8")
    (tools / "importer").chmod(0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "VOXPRIA_"))}
    url = start_sandbox().url
    path = f"{tools}{os.pathsep}{clean['PATH']}"
    yield clean | {"PATH": path, "VOXPRIA_API_KEY": KEY, "IMPORTER_BASE_URL": url, "HOME": str(tmp_path)}
    (tmp_path / ".voxpria-key").unlink()  # it holds the key on purpose; no other file may


def shell(command: str, desk: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command], cwd=desk["HOME"], env=desk, capture_output=True, text=True, timeout=120, check=False
    )


def correct(folder: Path, command: str) -> None:
    """Put a corrected file of the latest run beside it, or decide in its folder, as a person does before a retry."""
    runs = [path.parent for path in (folder / "runs").glob("*/run.json")]
    if runs and (retry := max(runs) / "retry.xlsx").is_file():
        book = openpyxl.load_workbook(retry)
        head = [cell.value for cell in book.active[1]]
        book.active.cell(2, head.index("importer: decision") + 1).value = "send as is"
        book.save(folder / "corrected.xlsx")
        if command == "importer retry latest":
            source, sheet, row = (
                book.active.cell(2, head.index(f"importer: {name}") + 1).value for name in ("source", "sheet", "row")
            )
            place = (str(source), None if sheet is None else str(sheet), int(str(row)))
            Decisions(max(runs)).append("anna", [Change(place, "send-as-is", "send-as-is")])


def runnable(command: str) -> bool:
    serves = ("importer sandbox", "importer review", "importer job watch")  # until Ctrl-C; each has a test of its own
    # --engine spark needs an extra: tests/pipeline/test_spark.py has it where that is installed.
    left_out = command.startswith(serves) or "--help" in command or "--engine spark" in command
    return command.startswith("importer ") and not left_out


def test_every_command_works_in_the_order_of_the_pages(desk: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ``importer`` command of the blocks and of the text ends with 0 or 3; one that needs no shell runs here."""
    told = [command for command in dict.fromkeys([*COMMANDS, *INLINE]) if runnable(command)]
    assert len(told) >= 7
    monkeypatch.chdir(desk["HOME"])
    for name, value in desk.items():
        monkeypatch.setenv(name, value)
    told.sort(key=lambda command: not command.startswith(("importer inspect", "importer run")))
    for command in told:
        correct(Path(desk["HOME"]), command)
        local = re.sub(r"--base-url http://127\.0\.0\.1:8787", "", command)
        if ";" in local:
            done = shell(local, desk)
            exit_code, shown = done.returncode, done.stderr
        else:
            here = CliRunner().invoke(app, shlex.split(local)[1:])
            exit_code, shown = here.exit_code, here.output
        assert exit_code in (0, 3), f"{command}: {shown}"


def test_every_option_of_the_table_is_one(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the table of wishes says to write is known to ``importer run``."""
    monkeypatch.setenv("COLUMNS", "200")
    shown = typed("run", "--help").out
    table = README.partition("| you want | write |")[2].partition("\n\n")[0]
    options = set(re.findall(r"(--[a-z][a-z-]+)", table))
    assert options
    assert all(option in shown for option in options), [option for option in options if option not in shown]


def test_the_key_file_works(desk: dict[str, str]) -> None:
    """The line for the crontab, without its times and folder."""
    (line,) = blocks("crontab")
    command = line.split("&& ", 1)[1]
    desk.pop("VOXPRIA_API_KEY")
    done = shell(command, desk)
    assert done.returncode in (0, 3), done.stderr
    (told,) = json.loads((Path(desk["HOME"]) / "last.json").read_text("utf-8"))["files"]
    assert (told["file"], told["state"], told["rows"]["rows"]) == ("nightly.csv", "done", 227)


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("importer sandbox")])
def test_the_sandbox_starts_as_told_and_ends_with_ctrl_c(desk: dict[str, str], command: str) -> None:
    """It says where it listens; Ctrl-C ends it in good order."""
    process = subprocess.Popen(
        ["sh", "-c", "exec " + command.replace("--port 8787", "--port 0")],
        cwd=desk["HOME"],
        env=desk,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "http://127.0.0.1:" in process.stderr.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err


@pytest.mark.skipif(not (ROOT / ".venv" / ".ready").is_file(), reason="the environment of make is not set up")
def test_make_run_ends_with_the_report(tmp_path: Path) -> None:
    """With the environment there, ``make run`` imports what lies in sample_data and says what became of it and where.

    A sample is enough: all of them are imported in ``test_end_to_end``.
    """
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / "sample_data").mkdir()
    shutil.copy(ROOT / "sample_data" / "webshop-orders.csv", tmp_path / "sample_data")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    done = subprocess.run(["make", "run"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "balanced" in done.stdout
    assert re.search(r"report: runs/\S+/report\.html", done.stdout)


def test_make_targets_exist() -> None:
    """Every ``make`` command of the pages is a target."""
    for target in re.findall(r"(?:^|`)make ([a-z]+)", PAGES, re.MULTILINE):
        planned = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert planned.returncode == 0, target


def test_the_tables_are_the_code_s() -> None:
    """Reasons, sample files, sandbox switches and topics: each is on its page, with the words of the code."""
    for reason, info in REASONS.items():
        assert f"| {info.outcome.value} | `{reason.value}` | {info.meaning} | {info.fix} |" in README
    for sample in (ROOT / "sample_data").iterdir():
        assert f"| `{sample.name}` |" in topic("samples")
    for switch in Behaviour.__dataclass_fields__.keys() - {"page_default", "contacts_cap_status", "seed"}:
        assert f"`{switch}`" in topic("sandbox"), switch
    assert all(f"`{preset}`" in topic("sandbox") for preset in PRESETS)
    for name, heading in topics().items():
        assert f"| `{name}` | {heading} |" in README
    for command in [*(info.name for info in app.registered_commands), *(group.name for group in app.registered_groups)]:
        assert f"importer {command}" in PAGES or f"`{command}`" in PAGES, command


def test_every_exit_code_has_its_row() -> None:
    """Those of the errors, 0, and those of signals that end it at once."""
    known = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    rows = re.findall(r"^\| ([0-9, ]+) \| ", topic("exit-codes"), re.MULTILINE)
    signals = {128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL)}
    assert {int(code) for row in rows for code in row.split(",")} == known | {0} | signals


def test_the_files_of_change_it_are_there() -> None:
    """Every file and folder that the section names exists, and so does what it says to put a line into."""
    section = README.partition("## Change it")[2].partition("## Changes")[0]
    named = set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", section))
    assert len(named) > 10
    assert [name for name in named if not ((ROOT / "importer" / name).exists() or (ROOT / name).exists())] == []
    for line, file in re.findall(r"`([A-Z_]+)` \(`([a-z_/]+\.py)`\)", section):
        assert re.search(rf"^{line}(: | = )", (ROOT / "importer" / file).read_text("utf-8"), re.MULTILINE), line


def test_every_module_of_the_tests_is_there() -> None:
    """``python -m tests.…`` finds what the pages name."""
    named = set(re.findall(r"python -m\s+(tests\.[a-z_.]+)", PAGES))
    assert len(named) > 8
    assert [name for name in named if find_spec(name) is None] == []


def test_docs_prints_topics_and_names_the_nearest(typed: Typed) -> None:
    """Without a terminal a topic comes as it is written; without a topic, a line for each; else exit code 2."""
    listed = typed("docs")
    assert listed.code == 0
    assert [line.split(maxsplit=1) for line in map(str.rstrip, listed.out.splitlines())] == [
        [name, heading] for name, heading in topics().items()
    ]
    assert typed("docs", "sandbox").out == topic("sandbox")
    unknown = typed("docs", "Sandbx")
    assert (unknown.code, unknown.out) == (2, "")
    assert "importer docs sandbox" in unknown.err


def test_docs_at_a_terminal_are_set_as_a_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headings, tables and code are shown, not their Markdown; no word of a switch is lost."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    print_docs("sandbox")
    shown = capsys.readouterr().out
    assert "| --- |" not in shown
    assert "```" not in shown
    assert all(switch in shown for switch in ("on_duplicate", "error_shape", "late_commit_s"))


def test_every_library_is_said_to_be_for_something() -> None:
    """In the table of the page on getting it; one whose version is 0.x has an upper bound."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    named = {re.split(r"[<>=;]", line)[0].strip(): line for line in needed}
    rows = re.findall(r"^\| ([a-z0-9, -]+) \| \d+ \|", topic("install"), re.MULTILINE)
    assert {name for row in rows for name in row.split(", ")} == named.keys()
    assert [name for name, line in named.items() if ">=0." in line and "<" not in line] == []


def built(at: Path) -> Path:
    """The wheel, built into a folder."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(at)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = at.glob("*.whl")
    return wheel


def test_the_wheel_has_what_a_user_needs_and_is_the_same_each_time(tmp_path: Path) -> None:
    """Topics, man page, licence and types; no tests; two builds are equal, byte for byte."""
    one, other = (built(tmp_path / name) for name in ("one", "other"))
    assert one.name.startswith("contacts_importer-")
    with zipfile.ZipFile(one) as packed:
        names = packed.namelist()
        metadata = packed.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    assert {f"importer/cli/topics/{name}.md" for name in topics()} | {"importer/py.typed"} <= set(names)
    assert [name.split("/", 1)[1] for name in names if "LICENSE" in name] == ["licenses/importer/LICENSE"]
    data = [name for name in names if ".data/" in name]
    assert [name.split("/", 1)[1] for name in data] == ["data/share/man/man1/importer.1"]
    assert {name.split("/")[0] for name in names if name not in data} == {"importer", names[-1].split("/")[0]}
    assert "License-Expression: MIT" in metadata
    assert one.read_bytes() == other.read_bytes()
