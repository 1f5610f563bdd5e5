"""The key goes to nobody else, people's data into no log, and hostile names and settings do no harm."""

import json
import logging
import os
import random
import socket
import ssl
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TextIO

import openpyxl
import pytest
import trustme
from pydantic import SecretStr

from importer.errors import UsageError
from importer.sandbox import Behaviour
from importer.settings.settings import load_settings
from importer.targets import Exchange, open_target
from importer.targets.trust import trust_of
from tests.conftest import StartSandbox, Typed
from tests.support.canaries import PEOPLE as CANARIES
from tests.support.mutated import mutated

CANARY_KEY = "agl_sk_canary_8f3b1c"
HOST = "contacts.example.com"


@dataclass
class SecureListener:
    """A TLS server that notes what it is sent inside the encryption, and answers nothing."""

    context: ssl.SSLContext
    received: bytearray = field(default_factory=bytearray)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                with plain, suppress(OSError), self.context.wrap_socket(plain, server_side=True) as secure:
                    secure.settimeout(5)
                    self.received += secure.recv(65536)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@contextmanager
def listening(certificate: trustme.LeafCert, newest: ssl.TLSVersion | None = None) -> Iterator[SecureListener]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if newest is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    certificate.configure_cert(context)
    with SecureListener(context) as listener:
        yield listener


def posted(url: str, **settings: Any) -> Exchange:
    """One bulk request, sent once."""
    with open_target(load_settings({"base_url": url, "deadline": 5, **settings}), SecretStr(CANARY_KEY)) as target:
        return target.send(b"{}", "group")


def test_an_own_authority_is_believed_where_it_is_named(authority: trustme.CA, ca_file: Path) -> None:
    """With --ca-file the request arrives, key and all."""
    with listening(authority.issue_cert("localhost")) as listener:
        posted(f"https://localhost:{listener.port}", ca_file=ca_file)
        assert CANARY_KEY.encode() in listener.received


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("flaw", ["unknown authority", "wrong host", "expired", "TLS 1.1", "a common name alone"])
def test_a_flawed_connection_carries_no_byte(authority: trustme.CA, ca_file: Path, flaw: str) -> None:
    """Self-signed, expired, issued for another host or for none, older than TLS 1.2: no byte of the request is sent."""
    certificate = authority.issue_cert("elsewhere.example.com" if flaw == "wrong host" else "localhost")
    if flaw == "expired":
        certificate = authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    if flaw == "a common name alone":
        certificate = authority.issue_cert(common_name="localhost")
    believed = None if flaw == "unknown authority" else ca_file
    with listening(certificate, ssl.TLSVersion.TLSv1_1 if flaw == "TLS 1.1" else None) as listener:
        exchange = posted(f"https://localhost:{listener.port}", ca_file=believed)
        assert not listener.received
    assert not exchange.is_begun
    assert exchange.is_untrusted is (flaw != "TLS 1.1")


@pytest.mark.parametrize("is_named", [False, True])
def test_the_secrets_of_a_connection_are_written_nowhere(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_named: bool
) -> None:
    """SSLKEYLOGFILE of the environment is not honoured, with an authority that is named or without."""
    secrets = tmp_path / "secrets.txt"
    monkeypatch.setenv("SSLKEYLOGFILE", str(secrets))
    trust_of.cache_clear()
    with listening(authority.issue_cert("localhost")) as listener:
        posted(f"https://localhost:{listener.port}", ca_file=ca_file if is_named else None)
        assert (CANARY_KEY.encode() in listener.received) is is_named
    trust_of.cache_clear()
    assert not secrets.exists()


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_name_that_leads_inside_gets_no_key(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch, *, is_allowed: bool
) -> None:
    """Where a public name resolves to a private address, only --private-network lets the request through."""
    resolve = socket.getaddrinfo

    def misled(host: str, *rest: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if host == HOST else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", misled)
    with listening(authority.issue_cert(HOST)) as listener:
        exchange = posted(f"https://{HOST}:{listener.port}", ca_file=ca_file, private_network=is_allowed)
        assert (CANARY_KEY.encode() in listener.received) is is_allowed
    assert exchange.is_untrusted is not is_allowed


CERTIFICATES: dict[str, Callable[[Path], object]] = {
    "missing": lambda _: None,
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "empty": Path.touch,
    "blank": lambda path: path.write_text(" \n"),
    "no PEM": lambda path: path.write_bytes(bytes(range(256)) * 99),
    "a cut certificate": lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nMIIB"),
}


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_a_file_without_certificates_is_wrong_usage(tmp_path: Path, typed: Typed, kind: str) -> None:
    """It is said at once, before a run begins: no pipe is waited for, and the system's authorities do not step in."""
    CERTIFICATES[kind](tmp_path / "ca.pem")
    (tmp_path / "list.csv").write_text("Name,Phone\nAnn Example,+12025550101\n", "utf-8")
    where = ("--base-url", "https://127.0.0.1:1", "--ca-file", tmp_path / "ca.pem", "--runs", tmp_path / "runs")
    done = typed("run", tmp_path / "list.csv", *where)
    assert (done.code, (tmp_path / "runs").exists()) == (2, False)
    assert f"--ca-file {tmp_path / 'ca.pem'} cannot be read or holds no certificate" in done.err
    with pytest.raises(UsageError, match="holds no certificate"):
        posted("https://localhost:1", ca_file=tmp_path / "ca.pem")


@pytest.mark.parametrize("kind", ["a pipe", "a link to a device"])
@pytest.mark.parametrize("option", ["--target", "--profile", "--suppress", "a key"])
def test_no_pipe_or_device_is_waited_for(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, kind: str, option: str
) -> None:
    """Whichever file is named; nobody may ever write to it."""
    place = tmp_path / "named"
    CERTIFICATES[kind](place)
    (tmp_path / "list.csv").write_text("Name,Phone\nAnn Example,+12025550101\n", "utf-8")
    if option == "a key":
        place.chmod(0o600) if kind == "a pipe" else None
        monkeypatch.delenv("VOXPRIA_API_KEY", raising=False)
        monkeypatch.setenv("VOXPRIA_API_KEY_FILE", str(place))
    named = ["--base-url", "https://127.0.0.1:1"] if option == "a key" else ["--dry-run", option, place]
    done = typed("run", tmp_path / "list.csv", "--runs", tmp_path / "runs", *named)
    assert (done.code, (tmp_path / "runs").exists()) == (2, False)
    assert "bug" not in done.err


def test_a_file_of_the_system_that_is_written_as_it_is_read_is_no_list(typed: Typed) -> None:
    """It calls itself a regular file of no bytes, and may have nothing to give, or much."""
    done = typed("inspect", "/proc/self/stat")
    assert done.code == 2
    assert "stat cannot be read: it is no regular file" in " ".join(done.err.split())


def test_an_address_that_no_name_stands_for_is_wrong_usage(tmp_path: Path, typed: Typed) -> None:
    """``xn--`` begins the name of a host in another script, and here ends it."""
    (tmp_path / "list.csv").write_text("Name,Phone\nAnn Example,+12025550101\n", "utf-8")
    done = typed("run", tmp_path / "list.csv", "--base-url", "https://xn--", "--runs", tmp_path / "runs")
    assert done.code == 2
    assert "--base-url is not an address" in done.err


def test_an_authority_with_remarks_in_any_language_is_believed(authority: trustme.CA, ca_file: Path) -> None:
    """Bundles name whose certificate follows."""
    ca_file.write_bytes("# Größte Behörde\n".encode("latin-1") + ca_file.read_bytes() + "# 認証局\n".encode())
    with listening(authority.issue_cert("localhost")) as listener:
        posted(f"https://localhost:{listener.port}", ca_file=ca_file)
        assert CANARY_KEY.encode() in listener.received


LIST = f"""First Name,Last Name,E-mail,Note,Phone
{CANARIES[0]},{CANARIES[1]},{CANARIES[2]},{CANARIES[3]},{CANARIES[4]}
{CANARIES[0]},{CANARIES[1]},not-an-address {CANARIES[2]},{CANARIES[3]},12
{CANARIES[0]},{CANARIES[1]},{CANARIES[2]},{CANARIES[3]},{CANARIES[4]},{CANARIES[3]}
"{CANARIES[0]}" {CANARIES[1]},{CANARIES[2]},{CANARIES[3]},,1.41556E+10
"""

SCENARIOS = {
    "documented": Behaviour(),
    "refuses the batch": Behaviour(on_invalid="refuse", metadata="texts-only"),
    "names rows in texts": Behaviour(on_duplicate="error", on_invalid="list", error_shape="nested"),
    "refuses the key": Behaviour.parse(["faults=1-:401"]),
    "loses its answer": Behaviour.parse(["faults=1:504-after-commit"]),
    "breaks off": Behaviour.parse(["faults=1:reset-after-commit,2:500"]),
}


@contextmanager
def logged_to(stream: TextIO) -> Iterator[None]:
    """Write what any logger says, at DEBUG, among the messages."""
    handler, root = logging.StreamHandler(stream), logging.getLogger()
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    before = root.level
    root.addHandler(handler)
    root.setLevel(0)
    yield
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_neither_key_nor_people_are_in_what_a_run_prints_or_logs(
    start_sandbox: StartSandbox, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, scenario: str
) -> None:
    """With every logger at DEBUG the key is nowhere; names, e-mail and notes are in the row files only."""
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "list.csv").write_text(LIST, "utf-8")
    sandbox = start_sandbox(SCENARIOS[scenario])
    monkeypatch.chdir(desk)
    with logged_to(sys.stderr):
        done = typed("run", "list.csv", "--region", "US", "--base-url", sandbox.url, "--quiet-time", "0.1", "--json")
    assert "DEBUG" in done.err
    assert json.loads(done.out)["balanced"]
    told = {"stdout": done.out.encode(), "stderr": done.err.encode()}
    kept = {path.name: path.read_bytes() for path in desk.rglob("*") if path.is_file() and path.name != "list.csv"}
    assert {"summary.json", "ledger.sqlite", "rows.parquet"} <= kept.keys()
    assert [name for name, text in (told | kept).items() if sandbox.key.encode() in text] == []
    quiet = told | {name: kept[name] for name in ("summary.json", "ledger.sqlite")}
    found = [(name, canary) for name, text in quiet.items() for canary in CANARIES if canary.encode() in text]
    assert found == []


CRASHES = {
    "while reading": "importer.pipeline.preparation.Preparation.rows",
    "while sending": "importer.delivery.sending.Sender.send",
    "while writing the reports": "importer.pipeline.reconciliation.write_reports",
    "before the run": "importer.pipeline.beginning.make_plan",
}


@pytest.mark.parametrize("moment", CRASHES)
def test_a_crash_tells_neither_key_nor_people(
    start_sandbox: StartSandbox, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """An exception that nobody foresaw, with key and people in its text: one line with type and place, exit code 1."""
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "list.csv").write_text(LIST, "utf-8")
    sandbox = start_sandbox()
    crashing: dict[str, Any] = {}
    exec(  # noqa: S102 - as code that lies in no file of ours
        "import os\n\n"
        "def crash(*_, **__):\n"
        f"    secret = os.environ['VOXPRIA_API_KEY'] + {CANARIES!r}[0]\n"
        "    raise RuntimeError(secret) from ValueError(secret)\n",
        crashing,
    )
    monkeypatch.setattr(CRASHES[moment], crashing["crash"])
    monkeypatch.chdir(desk)
    done = typed("run", "list.csv", "--region", "US", "--base-url", sandbox.url)
    assert done.code == 1
    (report,) = desk.rglob("bug-*.txt")
    assert report.stat().st_mode & 0o777 == 0o600
    assert (report.parent.name == "runs") is (moment == "before the run"), "it lies in the run's folder"
    assert f"This is a bug: RuntimeError in <string>, line 5. Its report is {report}" in done.err
    lines = report.read_text("utf-8").splitlines()
    assert "command: importer run list.csv --region US --base-url …" in lines
    assert {f"{'builtins'}.{kind} (its message is left out)" for kind in ("RuntimeError", "ValueError")} < {*lines}
    assert any(line.startswith("  importer/pipeline/run.py, line ") for line in lines)
    assert [canary for canary in (sandbox.key, sandbox.url, *CANARIES) if canary in report.read_text("utf-8")] == []
    told = done.out + done.err
    assert "Traceback" not in told
    assert [canary for canary in (sandbox.key, *CANARIES) if canary in told] == []
    kept = {path.name: path.read_bytes() for path in desk.rglob("*") if path.is_file() and path.name != "list.csv"}
    assert [name for name, text in kept.items() if sandbox.key.encode() in text] == []


PROFILE = (
    'region = "US"\nsuppress = "dnc.csv"\nmax_error_rate = 0.2\nbatch_size = 500\n[map]\nphone = ["Mobile", "Office"]\n'
)
SCENARIO = 'preset = "strict"\nlatency_s = 0.5\nerror_shape = "map"\n[faults]\n3 = "500"\n"5-9" = "401"\n'


@pytest.mark.parametrize("seed", range(5))
def test_no_mutated_settings_break_anything(tmp_path: Path, seed: int) -> None:
    """Of 500 damaged profiles and scenarios each is read or refused in words; no other exception leaves them."""
    chance = random.Random(seed)  # noqa: S311 - repeatable damage, no secret
    profile = tmp_path / "job.toml"
    refused = 0
    for _ in range(100):
        profile.write_text(mutated(PROFILE, chance), "utf-8")
        try:
            load_settings({}, profile)
        except UsageError:
            refused += 1
        with suppress(UsageError):
            Behaviour.parse(scenario=mutated(SCENARIO, chance))
    assert refused > 20


HOSTILE_SHEETS = ["..", "../../up", "/etc/passwd", "CON", "a\u202eb", "x" * 300, "nul\x01", " . ", "-rf", "a:b|c?"]


def test_hostile_sheet_names_stay_inside(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a sheet is called, convert writes into its folder and a run into its own."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number in range(len(HOSTILE_SHEETS)):
        sheet = book.create_sheet(f"Sheet{number:02}")
        sheet.append(["Phone", "Name"])
        sheet.append([f"+1415555{number:04}", "Jo"])
    plain = tmp_path / "plain.xlsx"
    book.save(plain)
    desk = tmp_path / "desk"
    desk.mkdir()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(desk / "book.xlsx", "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/workbook.xml":
                for number, hostile in enumerate(HOSTILE_SHEETS):
                    data = data.replace(f"Sheet{number:02}".encode(), hostile.replace("\x01", "&#9;").encode())
            target.writestr(name, data)
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(desk)}
    monkeypatch.chdir(desk)
    for command in (["convert", "book.xlsx", "--out", "out"], ["run", "book.xlsx", "--sandbox", "--json"]):
        done = typed(*command)
        assert done.code == 0, done.err
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(desk)} == before
    assert {path.name for path in desk.iterdir()} == {"book.xlsx", "out", "runs"}
    written = list((desk / "out").iterdir())
    assert len(written) == len(HOSTILE_SHEETS)
    assert all(path.is_file() and path.resolve().parent == desk / "out" for path in written)
    assert json.loads(done.out)["imported"] == len(HOSTILE_SHEETS)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that nobody writes to, a device, a socket and a folder end in one line, not in waiting."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "device.csv").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.csv"))
        for name in ("pipe.csv", "folder.csv", "device.csv", "socket.csv"):
            done = typed("inspect", name)
            assert done.code == 2, (name, done.err)
            assert name in done.err
            assert "Traceback" not in done.err


def test_a_link_that_a_person_names_is_followed(tmp_path: Path, typed: Typed) -> None:
    """What the link leads to is read, and is called by the name that was given."""
    (tmp_path / "stored-0815").write_text("Name,Phone\nAnn,+12025550101\n", "utf-8")
    (tmp_path / "list.csv").symlink_to(tmp_path / "stored-0815")
    done = typed("run", tmp_path / "list.csv", "--dry-run", "--json", "--runs", tmp_path / "runs")
    assert (json.loads(done.out)["planned"], json.loads(done.out)["sources"][0]["file"]) == (1, "list.csv")
    assert typed("convert", tmp_path / "list.csv", "--out", tmp_path / "plain").code == 0
    assert (tmp_path / "plain" / "list.csv.csv").exists()
