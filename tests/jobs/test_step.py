"""A start of a job takes every whole file once, files it away with its reports, and goes on with what was left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from importer.jobs import inbox
from importer.models.watching import Stop
from importer.storage.job_memory import JobMemory
from tests.conftest import KEY, Typed
from tests.support.faultserver import FaultServer, says
from tests.support.jobs import JobHouse, people


@pytest.fixture
def house(tmp_path: Path) -> Iterator[JobHouse]:
    """A job that sends to a server on loopback."""
    with FaultServer() as server:
        house = JobHouse(tmp_path, server.url)
        house.write()
        yield house
        house.folder = tmp_path
    assert server.doubled == 0


def test_files_go_where_their_imports_ended(house: JobHouse) -> None:
    """Done, failed, or left alone; one bad file holds up no other, the same content is not sent again."""
    house.drop("a.csv", people(3))
    house.drop("b.csv", people(3))
    house.drop("broken.xlsx", "PK\x03\x04 nothing more")
    house.drop("c.csv", people(2, first=100) + "No Number,12\n")
    (house.folder / "inbox" / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(house.folder / "inbox" / "pipe.csv")
    result = house.start()
    assert {one.file: (one.state, one.exit_code) for one in result.files} == {
        "a.csv": ("done", 0),
        "b.csv": ("done", 0),
        "broken.xlsx": ("failed", 2),
        "c.csv": ("done", 3),
    }
    assert result.exit_code == 2
    assert {one.file for one in result.waits} == {"link.csv", "pipe.csv"}
    sides = [f"{name}{end}" for name in ("a.csv", "b.csv", "c.csv") for end in ("", ".report.html", ".summary.json")]
    assert house.names("done") == sides
    assert house.names("failed") == ["broken.xlsx", "broken.xlsx.report.html", "broken.xlsx.summary.json"]
    assert json.loads((house.folder / "inbox/done/c.csv.summary.json").read_bytes())["imported"] == 2
    (same,) = [one for one in result.files if one.file == "b.csv"]
    assert "the same content as a.csv" in same.why
    assert house.start().exit_code == 0, "nothing to do"


def test_fail_on_moves_the_line(house: JobHouse) -> None:
    """A list with errored rows is no failure with never."""
    house.drop("a.csv", people(2) + "No Number,12\n")
    result = house.start(fail_on="never")
    assert (result.exit_code, result.files[0].rows["errored"]) == (0, 1)


def test_what_was_left_is_gone_on_with_before_anything_new(tmp_path: Path) -> None:
    """The API is away: the file under way stays in working, no other is taken; then both are imported, once."""
    with FaultServer(script=[says(403)]) as server:
        house = JobHouse(tmp_path, server.url)
        house.write()
        house.drop("a.csv", people(3))
        time.sleep(0.01)
        house.drop("b.csv", people(3, first=10))
        away = house.start()
        assert [(one.file, one.state) for one in away.files] == [("a.csv", "open")]
        assert (away.exit_code, (tmp_path / "inbox" / "b.csv").is_file()) == (6, True)
        back = house.start()
        assert [(one.file, one.state, one.exit_code) for one in back.files] == [
            ("a.csv", "done", 0),
            ("b.csv", "done", 0),
        ]
        assert (len(server.contacts), server.doubled) == (6, 0)


def test_a_missing_key_or_list_takes_no_file(house: JobHouse) -> None:
    """What would stop every file is found before one is moved."""
    file = house.drop("a.csv", people(1))
    house.write(suppress='files = ["not-there.csv"]')
    result = house.start()
    assert result.exit_code == 5
    assert "not-there.csv" in (result.stopped or "")
    assert file.is_file()
    assert house.names("working") == []


def test_a_stop_ends_between_files(house: JobHouse) -> None:
    """Nothing is taken any more."""
    house.drop("a.csv", people(1))
    stop = Stop()
    stop.wish()
    assert [one.file for one in house.start(stop).waits] == ["a.csv"]


def test_a_kill_at_each_move_loses_and_doubles_nothing(house: JobHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim without its file, a file without its run, a run without its filing, a filing half made."""
    file = house.drop("a.csv", people(4))
    job = house.job()
    with JobMemory.open(job.home) as memory:
        memory.take("a.csv", house.folder / "inbox" / "working" / "x" / "1", time.time())
    assert file.is_file()
    with monkeypatch.context() as patched:
        patched.setattr("importer.jobs.step.run_import", _killed)
        with pytest.raises(KeyboardInterrupt):
            house.start()
    assert not file.exists()
    with monkeypatch.context() as patched:
        patched.setattr("importer.jobs.step.Step._settle", _killed)
        with pytest.raises(KeyboardInterrupt):
            house.start()
    with JobMemory.open(job.home) as memory:
        (taken,) = memory.open_files()
        memory.update(taken, run_id=None)  # the kill came before it was noted
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", _killed_in_working)
        with pytest.raises(KeyboardInterrupt):
            house.start()
    result = house.start()
    assert [(one.file, one.state, one.rows["imported"]) for one in result.files] == [("a.csv", "done", 4)]
    assert house.names("done") == ["a.csv", "a.csv.report.html", "a.csv.summary.json"]
    assert len(list((house.folder / "runs").glob("*/run.json"))) == 1


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


_unlink = Path.unlink


def _killed_in_working(path: Path, *, missing_ok: bool = False) -> None:
    if "working" in path.parts:
        raise KeyboardInterrupt
    _unlink(path, missing_ok=missing_ok)


def test_a_file_that_is_swapped_or_written_to_is_judged_anew(house: JobHouse) -> None:
    """What lies in its place when it is claimed is put back; what is written to while it is imported, too."""
    path = house.drop("a.csv", people(1))
    (found,) = inbox.look(path.parent, house.job().tables.source, 0)
    assert not inbox.claim(replace(found, mark=(0, 0, 0, 0)), path.parent / "working" / "x" / "1")
    assert path.is_file()
    with path.open("a") as writer:
        assert [one.why for one in house.start().waits] == ["a program still has it open for writing"]
        writer.write("Late Row,+12025559999\n")
    assert house.start().files[0].rows["imported"] == 2


def test_a_marker_or_the_settling_time_says_that_a_file_is_whole(house: JobHouse) -> None:
    """With ready, a file waits for its marker, of its name or its stem, which goes when the file is taken."""
    house.drop("a.csv", people(1))
    house.write(source="[source]\ninbox = 'inbox'\n")
    assert "changed" in house.start().waits[0].why
    house.write(source="[source]\ninbox = 'inbox'\nready = '*.done'\n")
    assert house.start().waits[0].why == "waits for its marker a.csv.done"
    marker = house.drop("a.done", "")
    assert [one.state for one in house.start().files] == ["done"]
    assert not marker.exists()


def test_files_and_patterns_are_copied_once_and_left_alone(house: JobHouse) -> None:
    """A file that is written anew is taken anew; one that is missing is waited for."""
    house.write(source="[source]\nfiles = ['drop/*.csv', 'nightly.csv']\nsettle_s = 0\n")
    (house.folder / "drop").mkdir()
    (house.folder / "drop" / "a.csv").write_text(people(2), "utf-8")
    first = house.start()
    assert [(one.file, one.state) for one in first.files] == [("a.csv", "done")]
    assert [(one.file, one.why) for one in first.waits] == [("nightly.csv", "not there yet")]
    assert house.start().files == []
    (house.folder / "drop" / "a.csv").write_text(people(3), "utf-8")
    again = house.start()
    assert again.files[0].rows == {"rows": 3, "imported": 1, "skipped": 2}
    assert (house.folder / "drop" / "a.csv").is_file()


def test_watch_takes_what_comes_and_ends_with_sigterm(house: JobHouse) -> None:
    """In good order, exit code 0; while it works, another start ends with 8 and says who has the job."""
    command = [sys.executable, "-m", "importer", "job", "watch", "job.toml", "--every", "0.1", "--base-url", house.url]
    environment = os.environ | {"VOXPRIA_API_KEY": KEY}
    with subprocess.Popen(command, cwd=house.folder, env=environment, stdout=subprocess.PIPE, text=True) as watching:
        house.drop("a.csv", people(2))
        until = time.monotonic() + 60
        while house.names("done") == [] and time.monotonic() < until:
            time.sleep(0.05)
        watching.send_signal(signal.SIGTERM)
        out, _ = watching.communicate(timeout=60)
    assert watching.returncode == 0
    assert "2 imported" in out


def test_two_jobs_on_one_inbox_do_not_send_one_content_twice(house: JobHouse, tmp_path: Path) -> None:
    """Whatever each remembers, in folders of runs of their own: the inbox knows which content was taken."""
    other = JobHouse(tmp_path / "other", house.url, f"[source]\ninbox = '{tmp_path / 'inbox'}'\nsettle_s = 0\n")
    other.folder.mkdir()
    other.write()
    house.drop("a.csv", people(2))
    assert house.start().files[0].rows["imported"] == 2
    house.drop("again.csv", people(2))
    (again,) = other.start().files
    assert (again.state, again.rows, "another job on this inbox" in again.why) == ("done", {}, True)
    assert house.names("done")[:2] == ["a.csv", "a.csv.report.html"]


def test_what_was_held_back_is_sent_when_it_is_approved(
    house: JobHouse, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly what was reviewed: with another file, job or list it is refused. The next start files it away."""
    monkeypatch.setenv("IMPORTER_BASE_URL", house.url)
    path = house.write(gates="min_rows = 5", suppress='files = ["no.csv"]')
    (house.folder / "no.csv").write_text("Phone\n+12025550001\n", "utf-8")
    house.drop("a.csv", people(3))
    (held,) = house.start().files
    assert (held.state, held.next) == ("quarantine", f"importer approve {held.run_id} --runs {house.folder / 'runs'}")
    approve = (held.next or "").split()[1:]
    for swapped in (path, house.folder / "no.csv", house.folder / "inbox" / "quarantine" / "a.csv"):
        before = swapped.read_text("utf-8")
        swapped.write_text(before + "\n", "utf-8")
        refused = typed(*approve)
        assert (refused.code, "is another" in refused.err) == (5, True), refused.err
        swapped.write_text(before, "utf-8")
    sent = typed(*approve)
    assert sent.code == 0, sent.err
    (filed,) = house.start().files
    assert (filed.state, filed.exit_code, filed.rows) == ("done", 0, {"rows": 3, "imported": 2, "skipped": 1})
    assert house.names("quarantine") == []
    assert house.names("done") == ["a.csv", "a.csv.report.html", "a.csv.summary.json"]


def test_a_job_that_needs_approval_leaves_each_file_to_a_person(house: JobHouse) -> None:
    """Exit code 7; the next files are not held up."""
    house.write(top="needs_approval = true\n")
    house.drop("a.csv", people(2))
    house.drop("b.csv", people(2, first=10))
    waits = house.start()
    assert [(one.file, one.state, one.exit_code) for one in waits.files] == [
        ("a.csv", "quarantine", 7),
        ("b.csv", "quarantine", 7),
    ]
    assert (waits.exit_code, house.start().files) == (7, [])


def test_a_job_with_two_approvers_says_who_is_missing(
    house: JobHouse, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To whoever starts it or asks how it stands; the file goes on once both have approved it."""
    monkeypatch.setenv("IMPORTER_BASE_URL", house.url)
    path = house.write(top="approvers = 2\n")
    house.drop("a.csv", people(2))
    (held,) = house.start().files
    assert (held.state, held.exit_code, held.approvals_missing) == ("quarantine", 7, 2)
    assert "2 different people have to approve it" in held.why
    approve = ("approve", str(held.run_id), "--runs", house.folder / "runs", "--as")
    assert typed(*approve, "anna").code == 7
    assert "Approved by anna (" in typed("job", "status", path).out
    assert house.start().files == []
    assert typed(*approve, "cy").code == 0
    assert [(one.state, one.exit_code, one.approvals_missing) for one in house.start().files] == [("done", 0, 0)]
