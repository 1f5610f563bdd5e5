"""The guard over reading and preparing: what passes its bounds ends in words, and what is only slow does not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from importer.errors import ReadError, StoppedError
from importer.models.watching import Stop
from importer.pipeline import memory
from importer.pipeline.convert import convert
from importer.system import bounds, machine, process_tree
from tests.quality.hostile_files import endless_row, wide_list


def alone(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the code in a process of its own, as the guard may end it."""
    words = "from importer.system import bounds\nbounds.IDLE_S = bounds.GRACE_S = bounds.STOP_GRACE_S = 0.2\n"
    return subprocess.run(
        [sys.executable, "-c", words + code, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def is_at_work(pid: int) -> bool:
    """Whether there is such a process, and not only what is left of one that nobody has asked for its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of tenths of a second."""
    monkeypatch.setattr(bounds, "IDLE_S", 0.2)


def spin(seconds: float, beats: int = 0) -> None:
    """Spend so much processor time, with so many beats on the way."""
    for _ in range(beats + 1):
        until = time.process_time() + seconds / (beats + 1)
        while time.process_time() < until:
            pass
        bounds.beat()


def swallowing() -> None:
    """Take an interruption for what a cell holds."""
    try:
        spin(20)
    except BaseException as error:
        raise ValueError("a bad cell") from error


def fill(mb: int, file: str = "") -> list[bytearray]:
    """Hold so much memory, some at a time; of ``file``, where it is named."""
    bounds.beat(file)
    held = []
    for _ in range(mb):
        held.append(bytearray(os.urandom(1 << 10) * (1 << 10)))
        time.sleep(0.003)
    return held


@pytest.mark.usefixtures("quick")
def test_reading_that_takes_more_memory_than_it_may_is_refused_in_words() -> None:
    """The file is named, what was held and allowed, and the way out; what came before is none of its fault."""
    before = fill(30)
    words = r"^big\.csv takes more memory .* MB are held, 1 MB are allowed\. .*--max-memory 2\.$"
    with pytest.raises(ReadError, match=words), bounds.reading("list.csv", 1):
        fill(300, "big.csv")
    with bounds.reading("list.csv", 1):  # the handler is gone, and a second guard begins anew
        spin(0.01)
    assert signal.getsignal(signal.SIGURG) == signal.SIG_DFL
    assert len(before) == 30


@pytest.mark.usefixtures("quick")
def test_work_without_progress_is_given_up_and_work_with_it_or_waiting_is_not() -> None:
    """Seconds that count are the processor's: a slow disk, an API or a person costs none."""
    with bounds.reading("list.csv", 4_000):
        spin(0.4, beats=10)
        time.sleep(0.4)
    with bounds.reading("list.csv", 4_000), bounds.trusting():
        spin(0.4)
    words = r"^list\.csv is not read on: .* Split the file\.$"
    with pytest.raises(ReadError, match=words), bounds.reading("list.csv", 4_000, has_option=False):
        spin(20)


@pytest.mark.usefixtures("quick")
def test_a_file_that_a_child_writes_to_is_progress(tmp_path: Path) -> None:
    """As the pages of a workbook are."""
    with (tmp_path / "pages").open("wb") as pages, bounds.reading("list.xlsx", 4_000), bounds.following(pages.fileno()):
        for _ in range(4):
            until = time.process_time() + 0.1
            while time.process_time() < until:
                pass
            pages.write(b"page")
            pages.flush()
    assert (tmp_path / "pages").read_bytes() == b"page" * 4


@pytest.mark.usefixtures("quick")
def test_what_swallows_the_interruption_does_not_hide_it() -> None:
    """A library that turns any exception into one of its own, and a caller that takes that for a bad cell."""
    with pytest.raises(ReadError, match="is not read on"), bounds.reading("list.csv", 4_000):
        swallowing()


@pytest.mark.usefixtures("quick")
def test_preparing_is_stopped_as_ctrl_c_stops_it() -> None:
    """The work ends in its own time, before the next chunk; what was sent meanwhile is booked."""
    stop = Stop()
    chunks: list[list[bytearray]] = []
    words = r"^list\.csv takes more memory .* Resume it\.$"
    with pytest.raises(StoppedError, match=words), bounds.preparing("list.csv", 1, stop, "Resume it."):
        chunks.extend(iter(lambda: [] if stop else fill(10), []))
    assert 2 < len(chunks) < 200


def test_a_call_that_cannot_be_interrupted_ends_with_the_process(tmp_path: Path) -> None:
    """The words and the exit code are the same; nothing half-written stays, and no child goes on."""
    part = tmp_path / "part"
    part.write_text("half")
    ended = alone(
        "import hashlib, subprocess, sys, pathlib\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(child.pid)\n"
        "with bounds.reading('list\\x1b.csv', 4000), bounds.unfinished(pathlib.Path(sys.argv[1])):\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)\n",
        str(part),
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith("importer: list.csv is not read on: nothing came of")
    assert not part.exists()
    until = time.monotonic() + 10  # a killed process ends a moment later
    while is_at_work(int(ended.stdout)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_at_work(int(ended.stdout))


def test_a_run_that_cannot_be_stopped_ends_with_the_exit_code_of_a_stop() -> None:
    """The API's answer was waited for as long as after Ctrl-C."""
    ended = alone(
        "import hashlib\n"
        "from importer.models.watching import Stop\n"
        "stop = Stop()\n"
        "stop.on_wish(lambda: print('stopping'))\n"
        "with bounds.preparing('list.csv', 4000, stop, 'Resume it.'):\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)\n"
    )
    assert (ended.returncode, ended.stdout) == (4, "stopping\n")
    assert ended.stderr.endswith("Resume it.\n")


def test_the_tree_is_this_process_and_its_children_but_the_sandbox() -> None:
    """Memory of files that are only mapped does not count; a child in a session of its own is not of the reading."""
    code = "import sys, time; held = bytearray(b'x') * (60 << 20); print(1, flush=True); sys.stdin.read()"
    before, spent = process_tree.held_mb(), process_tree.spent_s()
    for is_apart in (False, True):
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=is_apart
        ) as child:
            assert child.stdin
            assert child.stdout
            child.stdout.readline()
            assert (process_tree.held_mb() - before > 50) is not is_apart
            assert (child.pid in process_tree.child_ids()) is not is_apart
            assert process_tree.spent_s() > spent
            child.stdin.close()


def test_time_that_a_running_child_let_its_own_children_spend_counts() -> None:
    """What has ended below a child that still runs is not lost: a scheduler of workers, for one."""
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); "
        "print(1, flush=True); sys.stdin.read()"
    )
    before = process_tree.spent_s()
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        child.stdout.readline()
        assert process_tree.spent_s() - before > 0.3
        child.stdin.close()


def test_the_peak_is_not_that_of_whoever_started_the_process() -> None:
    """A scheduler of 600 MB: the system's own figure passes it on to what it starts."""
    child = "from importer.system import process_tree; print(process_tree.own_peak_mb())"
    parent = (
        "import subprocess, sys; held = bytearray(b'x') * (600 << 20); "
        "sys.stdout.write(subprocess.run([sys.executable, '-c', sys.argv[1]], capture_output=True, text=True).stdout)"
    )
    done = subprocess.run([sys.executable, "-c", parent, child], capture_output=True, text=True, check=True)
    assert 0 < float(done.stdout) < 200


def test_a_bound_that_is_passed_in_one_file_leaves_the_others_to_be_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a small machine; it is one that cannot be read, as a damaged one is, and nothing of it stays half-written."""
    monkeypatch.setattr(memory, "LEAST_MEMORY_MB", 1)
    monkeypatch.setattr(machine, "memory_mb", lambda: 4)
    monkeypatch.setattr(
        bounds, "END_SHARE", 9
    )  # the end at once, which a small process comes near at once, is not meant
    wide = wide_list(tmp_path / "wide.csv", "c", "x", 4_000, 1_500)
    good = endless_row(tmp_path / "list.csv", "x", 1_000)
    written = convert([(wide, wide.name), (good, good.name)], tmp_path / "out", None)
    with pytest.raises(ReadError, match=r"^1 of 2 files cannot be read\. wide\.csv takes more memory"):
        list(written)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["list.csv.csv"]
