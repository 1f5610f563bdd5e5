"""The commands as a user types them, in processes of their own, against a real sandbox."""

import csv
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from importer.errors import UsageError
from importer.models.outcomes import REASONS
from importer.sandbox import Behaviour
from importer.storage.run_folder import RunFolder
from tests.conftest import KEY, Sandbox, StartSandbox, Typed
from tests.support.commands import books, importer

LIST = """Name,Phone,Email,City
JANE DOE,(415) 555-0123,jane@example.com,Springfield
john smith,+1 415 555 0124,,Shelbyville
,,,
Jane Again,415.555.0123,jane2@example.com,
No Phone,n/a,np@example.com,
Too Short,12345,,
"""


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_text(LIST, "utf-8")
    return path


def test_every_row_of_a_small_list_is_accounted_for(contacts: Path, sandbox: Sandbox) -> None:
    """Each row has its outcome in the summary, in rows.parquet, in the CSV files and on the server."""
    done = importer("run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent)
    summary = books(done)
    assert done.returncode == summary["exit_code"] == 3
    assert summary["status"] == "complete"
    assert summary["reasons"] == {
        "imported": {"confirmed": 2},
        "skipped": {"blank-row": 1, "duplicate-in-file": 1},
        "errored": {"phone-missing": 1, "phone-invalid": 1},
    }
    assert summary["api"] == {"sent": 2, "imported": 2, "skipped": 0, "errors": 0}
    folder = contacts.parent / "runs" / summary["run_id"]
    rows = pl.read_parquet(folder / "rows.parquet")
    assert rows["row"].to_list() == [2, 3, 4, 5, 6, 7]
    assert rows["first_name"].to_list()[:2] == ["Jane", "John"]
    assert rows["kept_row"].to_list() == [None, None, None, 2, None, None]
    assert rows["raw:City"].to_list()[:2] == ["Springfield", "Shelbyville"]
    with (folder / "imported.csv").open(encoding="utf-8", newline="") as file:
        assert [line["phone"] for line in csv.DictReader(file)] == ["+14155550123", "+14155550124"]
    assert {contact.phone for contact in sandbox.store.contacts()} == {"+14155550123", "+14155550124"}


def test_a_run_leaves_nothing_that_others_can_read(contacts: Path, sandbox: Sandbox) -> None:
    """Folders are 0700 and files 0600, and the key is in none of them."""
    importer("run", contacts, "--region", "US", "--base-url", sandbox.url, cwd=contacts.parent)
    made = list((contacts.parent / "runs").rglob("*"))
    assert len(made) > 8
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path


def test_a_second_run_sends_nothing_twice(contacts: Path, sandbox: Sandbox) -> None:
    """The same file again: what was imported is skipped as already imported and no contact is sent."""
    first = importer("run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent)
    again = importer("run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent)
    assert books(again)["reasons"]["skipped"]["already-imported"] == 2
    assert books(again)["api"]["sent"] == 0
    assert (
        books(first)["run_id"]
        in pl.read_parquet(contacts.parent / "runs" / books(again)["run_id"] / "rows.parquet")["detail"]
        .str.join(" ", ignore_nulls=True)
        .item()
    )


def test_a_dry_run_sends_nothing_and_needs_no_key(contacts: Path) -> None:
    """Rows that would be sent are planned."""
    done = importer("run", contacts, "--region", "US", "--dry-run", "--json", cwd=contacts.parent, key=None)
    assert books(done)["reasons"]["planned"] == {"ready": 2}
    assert books(done)["status"] == "dry-run"
    assert books(done)["requests"] == 0


def test_the_embedded_sandbox_needs_no_account(contacts: Path) -> None:
    """--sandbox imports without a key, and its contacts stay in the run's folder."""
    done = importer("run", contacts, "--region", "US", "--sandbox", cwd=contacts.parent, key=None)
    assert done.returncode == 3
    assert "balanced" in done.stdout
    assert "report.html" in done.stdout


def test_too_many_errors_are_refused_before_anything_is_sent(contacts: Path, sandbox: Sandbox) -> None:
    """A guard leaves exit code 5, planned rows and an untouched server."""
    done = importer(
        "run",
        contacts,
        "--region",
        "US",
        "--base-url",
        sandbox.url,
        "--max-error-rate",
        "0.1",
        "--json",
        cwd=contacts.parent,
    )
    summary = books(done)
    assert (done.returncode, summary["status"], summary["planned"]) == (5, "refused", 2)
    assert sandbox.store.count() == 0


def test_suppressed_numbers_are_never_sent(contacts: Path, sandbox: Sandbox) -> None:
    """A list in another spelling and format keeps its numbers from being sent."""
    (contacts.parent / "dnc.txt").write_text("do not call\n001 (415) 555-0124\n", "utf-8")
    done = importer(
        "run",
        contacts,
        "--region",
        "US",
        "--base-url",
        sandbox.url,
        "--suppress",
        "dnc.txt",
        "--json",
        cwd=contacts.parent,
    )
    assert books(done)["reasons"]["skipped"]["suppressed"] == 1
    assert [contact.phone for contact in sandbox.store.contacts()] == ["+14155550123"]


def test_a_profile_and_the_environment_are_settings(contacts: Path, sandbox: Sandbox) -> None:
    """Flag beats environment beats profile; an unknown name in the profile is an error that names it."""
    profile = contacts.parent / "job.toml"
    profile.write_text('region = "DE"\nbatch_size = 1\n[map]\nphone = ["Phone"]\n', "utf-8")
    given = {"IMPORTER_REGION": "US", "IMPORTER_BASE_URL": sandbox.url}
    done = importer("run", contacts, "--profile", profile, "--json", cwd=contacts.parent, **given)
    assert (books(done)["region"], books(done)["batches"]) == ("US", 2)
    profile.write_text('fone = "x"\n', "utf-8")
    wrong = importer("run", contacts, "--profile", profile, cwd=contacts.parent)
    assert wrong.returncode == 2
    assert "fone" in wrong.stderr


def test_a_profile_cannot_say_where_the_key_goes(contacts: Path, sandbox: Sandbox) -> None:
    """It may have come with the lists: an address belongs to the command line or the environment."""
    profile = contacts.parent / "job.toml"
    for line in (f'base_url = "{sandbox.url}"', 'target = "api.toml"', 'ca_file = "ca.pem"', "private_network = true"):
        profile.write_text(line + "\n", "utf-8")
        done = importer("run", contacts, "--region", "US", "--profile", profile, cwd=contacts.parent)
        assert done.returncode == 2
        assert f"--{line.partition(' ')[0].replace('_', '-')}" in done.stderr
    assert not sandbox.store.requests()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "nothing.csv"], "no file nothing.csv"),
        (["run", "."], "folder"),
        (["run", "contacts.csv", "--region", "Germany"], "two-letter"),
        (["run", "contacts.csv", "--map", "fone=Phone"], "fone"),
        (["run", "contacts.csv", "--map", "phone=Nope"], "Nope"),
        (["run", "contacts.csv", "--batch-size", "20000"], "--batch-size"),
        (["run", "contacts.csv", "--base-url", "http://example.com"], "https"),
        (["resume", "nope"], "no run nope"),
        (["report", "latest"], "no run latest"),
        (["bogus"], "bogus"),
        (["run"], "FILE"),
        (["convert", "contacts.csv", "--out", "contacts.csv"], "cannot be written"),
    ],
)
def test_wrong_usage_is_one_clear_message(contacts: Path, arguments: list[str], says: str) -> None:
    """Exit code 2, the wrong thing named, no traceback, nothing written."""
    done = importer(*arguments, cwd=contacts.parent)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(contacts.parent.glob("runs/*/summary.json"))


def test_no_key_is_a_clear_message(contacts: Path) -> None:
    """Without a key nothing begins, and the ways out are named."""
    done = importer("run", contacts, "--region", "US", cwd=contacts.parent, key=None)
    assert done.returncode == 2
    assert "VOXPRIA_API_KEY" in done.stderr
    assert "--sandbox" in done.stderr


def test_a_refused_key_leaves_a_resumable_run(contacts: Path, sandbox: Sandbox) -> None:
    """Exit code 6, rows not sent; with the right key the run is resumed to its end."""
    refused = importer(
        "run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent, key="agl_sk_wrong"
    )
    assert refused.returncode == 6
    assert books(refused)["reasons"]["waiting"]["not-sent"] == 2
    resumed = importer("resume", "latest", "--json", cwd=contacts.parent)
    assert (resumed.returncode, books(resumed)["imported"]) == (3, 2)
    assert sandbox.store.count() == 2


def test_numbers_without_a_country_are_ambiguous_and_inspect_suggests_one(contacts: Path) -> None:
    """There is no silent default region."""
    done = importer("run", contacts, "--dry-run", "--json", cwd=contacts.parent, key=None)
    assert books(done)["reasons"]["errored"]["phone-ambiguous"] >= 2
    seen = importer("inspect", contacts, cwd=contacts.parent, key=None, COLUMNS="160")
    assert "--region US" in seen.stdout
    assert "0123" not in seen.stdout


def test_convert_writes_what_was_read(tmp_path: Path) -> None:
    """UTF-8, comma, header first, all text, blank rows kept; malformed rows are on stderr."""
    (tmp_path / "list.csv").write_bytes("Vorname;Telefon\r\nJürgen;030 23125 001\r\n;\r\na;b;c\r\n".encode("cp1252"))
    done = importer("convert", "list.csv", "--out", "plain", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plain" / "list.csv.csv").read_text("utf-8").splitlines() == [
        "Vorname,Telefon",
        "Jürgen,030 23125 001",
        ",",
        "a,b",
    ]
    assert "row 4" in done.stderr


def test_ctrl_c_leaves_a_resumable_run(contacts: Path, start_sandbox: StartSandbox) -> None:
    """SIGINT in the middle: exit code 4, balanced books, and resume goes on without sending anything twice."""
    sandbox = start_sandbox(Behaviour(latency_s=0.15))
    rows = "\n".join(f"Ann {n},+1415555{n:04}" for n in range(100, 180))
    contacts.write_text(f"Name,Phone\n{rows}\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "importer",
        "run",
        str(contacts),
        "--base-url",
        sandbox.url,
        "--batch-size",
        "4",
        "--json",
    ]
    with subprocess.Popen(
        command,
        cwd=contacts.parent,
        env=os.environ | {"VOXPRIA_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while sandbox.store.count() < 8:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    stopped = json.loads(out)
    assert process.returncode == 4, err
    assert stopped["balanced"]
    assert stopped["status"] == "incomplete"
    assert 0 < stopped["imported"] < 80
    assert stopped["unconfirmed"] == 0
    assert "importer resume" in err
    resumed = importer("resume", "latest", "--json", cwd=contacts.parent)
    assert (resumed.returncode, books(resumed)["imported"]) == (0, 80)
    assert sandbox.store.count() == 80
    assert books(resumed)["requests"] == 20


def test_report_writes_the_files_again(contacts: Path) -> None:
    """A deleted report comes back, with the same account."""
    run = books(importer("run", contacts, "--region", "US", "--sandbox", "--json", cwd=contacts.parent, key=None))
    folder = contacts.parent / "runs" / run["run_id"]
    (folder / "report.html").unlink()
    again = books(importer("report", "latest", "--json", cwd=contacts.parent, key=None))
    assert (folder / "report.html").is_file()
    assert again["reasons"] == run["reasons"]
    listed = importer("runs", cwd=contacts.parent, key=None, COLUMNS="80")
    assert run["run_id"] in listed.stdout
    assert all(name in listed.stdout for name in ("rows", "imported", "skipped", "errored"))


def test_every_reason_is_explained() -> None:
    """A reason that a person can fix says how."""
    assert all(info.meaning.endswith(".") for info in REASONS.values())
    assert all(info.fix for info in REASONS.values() if info.is_fixable)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["resume"], "importer resume --help"),
        (["contacts", "get"], "importer contacts get --help"),
        (["run", "--nonsense"], "importer run --help"),
        (["nonsense"], "importer --help"),
    ],
)
def test_wrong_usage_names_the_command_whose_help_tells(typed: Typed, arguments: list[str], says: str) -> None:
    """The advice is the command that was meant."""
    done = typed(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.rstrip().endswith(says)


def test_without_arguments_the_help_is_all(typed: Typed) -> None:
    """No complaint under it."""
    done = typed()
    assert (done.code, done.err) == (2, "")
    assert "Show how files are understood" in " ".join(done.out.split())


def test_a_damaged_record_is_told(contacts: Path, typed: Typed) -> None:
    """500 damaged run.json: each command says so in a line, and the list of runs is shown all the same."""
    runs = ("--runs", contacts.parent / "runs")
    summary = json.loads(typed("run", contacts, "--region", "US", "--dry-run", "--json", *runs).out)
    folder = RunFolder(contacts.parent / "runs" / summary["run_id"])
    whole = (folder.path / "run.json").read_bytes()
    chance = random.Random(4)  # noqa: S311 - repeatable damage, no secret
    refused = 0
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 40)] = chance.choice([b"", b"{", b'"', b"null", b"\xff", b"9"])
        (folder.path / "run.json").write_bytes(data)
        try:
            folder.record()
        except UsageError:
            refused += 1
    assert refused > 300
    (folder.path / "run.json").write_bytes(b"{}")
    assert "damaged" in typed("runs", *runs).out
    for command in ("resume", "verify", "undo", "report"):
        done = typed(command, "latest", *runs)
        assert (done.code, "run.json is damaged" in done.err) == (2, True), done.err


def test_a_region_that_has_no_numbers_is_wrong_usage(contacts: Path) -> None:
    """Before anything is written, with the code that is meant."""
    done = importer("run", contacts, "--region", "UK", "--dry-run", cwd=contacts.parent, key=None)
    assert done.returncode == 2
    assert "The United Kingdom is GB." in done.stderr
    assert not (contacts.parent / "runs").exists()
