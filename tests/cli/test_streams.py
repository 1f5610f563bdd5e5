"""What becomes of a command's words changes neither its work nor its exit code."""

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

import pytest
from typer.testing import CliRunner

from importer.cli.app import app
from importer.cli.streams import _words as words
from importer.sandbox import Behaviour
from tests.conftest import KEY, StartSandbox, Typed

LIST = "Name,Phone\nAnn,+1 202-555-0100\nBob,12\n"
SAID = {
    "closed": "(it is closed)",
    "full": "(No space left on device)",
    "unread": "(nobody reads it)",
}


def environment() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "VOXPRIA_"))}
    return clean | {"VOXPRIA_API_KEY": KEY}


def spoiled(how: str) -> int:
    """A descriptor that is closed, full or unread; a closed one is what ``streams.take_over`` makes of it."""
    if how == "closed":
        return os.open(os.devnull, os.O_RDONLY)
    if how == "full":
        return os.open("/dev/full", os.O_WRONLY)
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@contextmanager
def spoilt(how: str) -> Iterator[TextIO]:
    """The stream that a command has on such a descriptor."""
    descriptor = spoiled(how)
    stream = words(descriptor, None)
    yield stream
    stream.close()
    os.close(descriptor)


def importer(
    desk: Path, *arguments: str, how: str = "", numbers: Sequence[int] = ()
) -> "subprocess.CompletedProcess[str]":
    """A process that starts with these descriptors spoilt."""

    def spoil() -> None:
        for number in numbers:
            if how == "closed":
                os.close(number)
            else:
                os.dup2(spoiled(how), number)

    return subprocess.run(
        [sys.executable, "-m", "importer", *arguments],
        cwd=desk,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=spoil,
        check=False,
    )


def lines(text: str) -> list[str]:
    """The lines of an output, none of which is Python's own."""
    assert not any(words in text for words in ("Traceback", "Exception ignored", "bug"))
    return text.splitlines()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a list and a run of it, one row imported and one errored."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "list.csv").write_text(LIST, "utf-8")
    dropped = "Name,Phone,importer: decision,importer: source,importer: row\nBob,12,drop,list.csv,3\n"
    (folder / "dropped.csv").write_text(dropped, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert CliRunner().invoke(app, ["run", "list.csv", "--sandbox"]).exit_code == 3
    return folder


@pytest.fixture
def desk(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, which is the one that the test works in."""
    monkeypatch.chdir(made)
    return made


COMMANDS: list[tuple[str, int, str]] = [
    ("run list.csv --sandbox", 3, "full"),
    ("run list.csv --sandbox --json", 3, "unread"),
    ("run list.csv --sandbox --json", 3, "closed"),
    ("retry latest dropped.csv --json", 0, "full"),
    ("resume latest", 3, "closed"),
    ("verify latest --json", 3, "unread"),
    ("report latest --json", 0, "full"),
    ("undo latest --dry-run", 0, "unread"),
    ("inspect list.csv", 0, "full"),
    ("convert list.csv --out plain", 0, "closed"),
    ("runs", 0, "unread"),
    ("trace +12025550100 --json", 0, "full"),
    ("doctor", 2, "closed"),
    ("contacts --help", 0, "unread"),
]


@pytest.mark.parametrize(("command", "code", "how"), COMMANDS, ids=[f"{c} ({how})" for c, _, how in COMMANDS])
@pytest.mark.usefixtures("desk")
def test_a_result_that_cannot_be_printed_is_said_in_one_line(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, command: str, code: int, how: str
) -> None:
    """Standard output is closed, full or read by nobody: the exit code is the work's own, and standard error tells."""
    if command == "doctor":
        monkeypatch.delenv("VOXPRIA_API_KEY")
    with spoilt(how) as stream, redirect_stdout(stream):
        done = typed(*command.split())
    assert (done.code, done.out) == (code, "")
    assert_told(done.err, how)


def assert_told(err: str, how: str) -> None:
    told = [line for line in lines(err) if line.startswith("importer: The result could not be printed")]
    assert len(told) == 1
    assert SAID[how] in told[0]


@pytest.mark.parametrize("how", SAID)
def test_a_process_may_start_with_an_output_that_nothing_can_be_printed_on(desk: Path, how: str) -> None:
    """Of the commands above, one as the system starts it."""
    done = importer(desk, "runs", how=how, numbers=[1])
    assert (done.returncode, done.stdout) == (0, "")
    assert_told(done.stderr, how)


@pytest.mark.parametrize("how", SAID)
@pytest.mark.usefixtures("desk")
def test_messages_that_cannot_be_printed_are_said_on_the_other_stream(typed: Typed, how: str) -> None:
    """Standard error is closed, full or read by nobody: the result is whole, and its last line tells."""
    with spoilt(how) as stream, redirect_stderr(stream):
        done = typed("resume", "latest")
    assert (done.code, done.err) == (3, "")
    assert "1 + 1 = 2: balanced" in done.out
    assert lines(done.out)[-1].startswith(f"importer: Messages could not be printed on standard error {SAID[how]}")


def test_a_document_stays_one_whatever_becomes_of_the_messages(desk: Path) -> None:
    """With --json nothing is added to it."""
    done = importer(desk, "resume", "latest", "--json", how="closed", numbers=[2])
    assert (done.returncode, json.loads(done.stdout)["balanced"]) == (3, True)


def test_nothing_can_be_printed_or_read(desk: Path) -> None:
    """With all three closed an import still ends as it would have: rows, files, exit code."""
    done = importer(desk, "run", "list.csv", "--sandbox", "--runs", "silent", how="closed", numbers=range(3))
    (summary,) = desk.glob("silent/*/summary.json")
    assert (done.returncode, json.loads(summary.read_text("utf-8"))["imported"]) == (3, 1)


def test_a_number_that_was_a_closed_stream_names_no_file_and_no_connection(
    tmp_path: Path, start_sandbox: StartSandbox
) -> None:
    """While a run that began without the three is sending, they are open on nothing. It would leave no core file."""
    sandbox = start_sandbox(Behaviour(latency_s=3))
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    with subprocess.Popen(
        [*through_shell("<&- >&- 2>&-"), "run", "list.csv", "--base-url", sandbox.url],
        cwd=tmp_path,
        env=environment(),
    ) as process:
        wait_for(lambda: sandbox.store.count() > 0)
        proc = Path(f"/proc/{process.pid}")
        assert [str((proc / "fd" / number).readlink()) for number in "012"] == [os.devnull] * 3
        (core,) = (line for line in (proc / "limits").read_text("utf-8").splitlines() if "core file" in line)
        assert core.split()[4:6] == ["0", "0"]
    assert process.returncode == 3


def wait_for(is_there: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_there():
        assert time.monotonic() < end
        time.sleep(0.02)


def through_shell(redirected: str, before: str = "") -> list[str]:
    """The command ``importer`` with its streams as a shell redirects them."""
    return ["sh", "-c", f'exec {before} "$@" {redirected}', "sh", sys.executable, "-m", "importer"]


@contextmanager
def in_a_terminal(desk: Path, url: str, before: str) -> Iterator["subprocess.Popen[bytes]"]:
    """An import of batches of one contact at a terminal that is closed in the end."""
    ours, theirs = pty.openpty()
    name = os.ttyname(theirs)  # who leads a session and opens a terminal has it for its own
    command = [*through_shell(f"<{name} >{name} 2>{name}", before), "run", "list.csv", "--base-url", url]
    try:
        yield subprocess.Popen([*command, "--batch-size", "1"], cwd=desk, env=environment(), start_new_session=True)
    finally:
        os.close(theirs)
        os.close(ours)


@pytest.mark.parametrize("before", ["", "nohup"])
def test_a_terminal_that_is_closed_stops_an_import_in_good_order(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    """As SIGTERM does: exit code 4, balanced books, and resume ends it. Behind nohup the import goes on to its end."""
    sandbox = start_sandbox(Behaviour(latency_s=0.3))
    rows = "".join(f"Ann,+1 202-555-{number:04}\n" for number in range(100, 106))
    (tmp_path / "list.csv").write_text(f"Name,Phone\n{rows}", "utf-8")
    with in_a_terminal(tmp_path, sandbox.url, before) as process:
        wait_for(lambda: sandbox.store.count() > 1)
    process.wait(60)
    (file,) = tmp_path.glob("runs/*/summary.json")
    summary = json.loads(file.read_text("utf-8"))
    assert summary["balanced"]
    assert (process.returncode, summary["status"]) == ((0, "complete") if before else (4, "incomplete"))
    monkeypatch.chdir(tmp_path)
    done = typed("resume", "latest", "--json")
    assert (done.code, json.loads(done.out)["imported"], sandbox.store.count()) == (0, 6, 6)


def test_a_document_is_valid_whatever_the_encoding_of_the_output(tmp_path: Path) -> None:
    """Under an encoding that lacks a letter of the file's name, --json prints the name all the same."""
    (tmp_path / "kontakte-größer-Ω.csv").write_text(LIST, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "importer", "run", "kontakte-größer-Ω.csv", "--dry-run", "--json"],
        cwd=tmp_path,
        env=environment() | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert json.loads(done.stdout.decode("ascii"))["sources"][0]["file"] == "kontakte-größer-Ω.csv"
