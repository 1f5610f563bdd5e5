"""The sets of the security list: payloads, addresses, redirects and damaged answers, by the thousand where so said."""

import csv
import json
import random
import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from importer.cli.text import printable
from importer.delivery.attribution import attribute
from importer.errors import UsageError
from importer.models.formula_guard import guarded, unguarded
from importer.models.outcomes import Reason
from importer.sandbox import Behaviour
from importer.sandbox.page import render
from importer.sandbox.store import Fields, Store
from importer.settings.settings import load_settings
from importer.storage.run_folder import RunFolder
from importer.targets import checked_base_url, open_target
from tests.conftest import StartSandbox, Typed
from tests.support.faultserver import FaultServer, says

TRIGGERS = "=+-@\t\r\n\0'＝＋－＠"
PIECES = [
    "=1+1",
    "cmd|' /C calc'!A0",
    "+14155550123",
    "@SUM(1)",
    "'",
    '"',
    ",",
    ";",
    "\n",
    "é",
    "\u202e",
    "0",
    " ",
    "\x1b",
]


def payloads(count: int, seed: int) -> list[str]:
    """Texts of hostile pieces, most of them with a trigger in front."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    return [
        chance.choice([*TRIGGERS, ""]) + "".join(chance.choices(PIECES, k=chance.randint(0, 4))) for _ in range(count)
    ]


def test_of_5000_payloads_no_cell_is_a_formula_and_each_comes_back(tmp_path: Path) -> None:
    """Only an exact E.164 number starts with a trigger; guard and unguard together change nothing."""
    cells = pl.DataFrame({"cell": payloads(5000, seed=1)})
    safe = cells.select(guarded(pl.col("cell")))
    risky = [
        text
        for text in safe["cell"]
        if text[:1] in set(TRIGGERS) - {"'"} and not re.fullmatch(r"\+[1-9][0-9]{6,14}", text)
    ]
    assert risky == []
    assert safe.with_columns(unguarded(pl.col("cell"))).equals(cells)
    safe.filter(~pl.col("cell").str.contains("\0")).write_csv(tmp_path / "safe.csv")
    with (tmp_path / "safe.csv").open(encoding="utf-8", newline="") as file:
        read = [row[0] for row in csv.reader(file) if row][1:]
    assert len(read) > 4000


@given(st.lists(st.from_regex(r"\A[+='0]?[0-9]{0,17}[\n0x]?\Z") | st.text()))
def test_the_guard_is_where_a_trigger_is_and_no_number_in_e164(texts: list[str]) -> None:
    """Numbers one digit too short or too long, and with a sign behind them, among them."""
    cells = pl.DataFrame({"cell": texts}, {"cell": pl.String})
    needed = [text[:1] in set(TRIGGERS) and not re.fullmatch(r"\+[1-9][0-9]{6,14}", text) for text in texts]
    expected = [f"'{text}" if is_needed else text for text, is_needed in zip(texts, needed, strict=True)]
    assert cells.select(guarded(pl.col("cell")))["cell"].to_list() == expected


class Marks(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


MARKUP = [
    "<script>",
    "</td>",
    "<img src=x onerror=alert(1)>",
    "&#60;b&#62;",
    "<!--",
    "]]>",
    '"',
    "'",
    "<svg/onload=1>",
    "\0",
    "x",
]


def test_2000_payloads_add_no_markup_to_the_sandbox_s_page(tmp_path: Path) -> None:
    """Its page, parsed back, has the tags and attributes of an empty one and of a table's cells."""
    chance = random.Random(2)  # noqa: S311 - repeatable, no secret
    store = Store(tmp_path / "api.sqlite")
    store.add([Fields("+14155550100", "Ann", "Example", None, None)])
    plain = Marks()
    plain.feed(render(store))
    for _ in range(40):
        texts = ["".join(chance.choices(MARKUP, k=4)) for _ in range(50)]
        store.add([Fields("+14155550101", text, text, text, json.dumps({text: text})) for text in texts])
        page = Marks()
        page.feed(render(store))
        assert page.seen == plain.seen
    store.close()


REDIRECTS = [
    (status, kind) for status in (301, 302, 303, 307, 308) for kind in ("same host", "clear text", "elsewhere")
]


@pytest.mark.parametrize(("status", "kind"), REDIRECTS)
def test_no_redirect_carries_the_key(status: int, kind: str) -> None:
    """Whatever it is and wherever it leads, there is no second request, nor one at the other host."""
    with FaultServer() as server, FaultServer() as other:
        goal = {"same host": server.url, "clear text": "http://app.voxpria.com", "elsewhere": other.url}[kind]
        server.otherwise = says(status, b"", Location=f"{goal}/api/v1/contacts")
        server.on_list = server.otherwise
        with open_target(load_settings({"base_url": server.url, "deadline": 5}), SecretStr("agl_sk_x")) as target:
            assert target.send(b"{}", "one").status == status
            assert target.fetch_page(1, 1).status == status
        assert (len(server.calls), len(other.calls)) == (2, 0)


ADDRESSES = [
    "http://app.voxpria.com", "ftp://app.voxpria.com", "//app.voxpria.com", "https:///contacts", "https://u:p@a.example",
    "https://key@a.example", "https://a.example#f", "https://a.example?q", "https://169.254.169.254", "https://10.1.2.3",
    "https://172.16.0.1", "https://192.168.0.1", "https://100.64.0.1", "https://0.0.0.0", "https://[::]",
    "https://[fe80::1]", "https://[fc00::1]", "https://[::ffff:10.0.0.1]", "https://[::ffff:a9fe:a9fe]",
    "https://2852039166", "https://0xa9fea9fe", "https://0251.0376.0251.0376", "https://127.1.example.com:0",
    "http://127.0.0.1.example.com", "https://a.example\r\nX: y", "https://[::ffff:169.254.169.254]:443",
    "https://0xa9.0xfe.0xa9.0xfe",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_doubtful_address_gets_a_request(address: str) -> None:
    """Decimal, octal, hexadecimal, mapped, link-local, private, clear text: refused before anything is sent."""
    with pytest.raises(UsageError):
        checked_base_url(address)


def damaged(body: bytes, chance: random.Random) -> bytes:
    """A body with some bytes changed, cut, doubled or replaced by what JSON readers stumble over."""
    odd = [b"", b"NaN", b"1e999", b"-1", b"null", b"{}", b"[[", b'"', b"\x00", b"\xff", b"9" * 40, b"true", b"\\ud800"]
    data = bytearray(body)
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(data) + 1)
        data[place : place + chance.randint(0, 6)] = chance.choice(odd)
    return bytes(data)


REPLY = json.dumps(
    {
        "success": True,
        "data": {
            "imported": 1,
            "skipped": 1,
            "errors": [{"index": 2, "phone": "+14155550102", "code": "x", "message": "phone exists"}],
        },
    }
).encode()
LIST = json.dumps(
    {"success": True, "data": [{"contactId": "c", "phone": "+14155550100", "createdAt": "2026-01-01T00:00:00Z"}]}
).encode()


def test_of_2000_damaged_answers_none_breaks_anything() -> None:
    """Each is read or left; where it is read, its counts add up, or nothing is claimed."""
    chance = random.Random(3)  # noqa: S311 - repeatable, no secret
    phones = [f"+1415555010{n}" for n in range(3)]
    read = 0
    with open_target(load_settings({"base_url": "https://app.voxpria.com"}), SecretStr("agl_sk_x")) as target:
        for _ in range(1000):
            body = damaged(REPLY, chance)
            reply = target.read_reply(body)
            target.read_refusal(body)
            target.says_no(body)
            page = damaged(LIST, chance)
            target.read_page(page)
            target.read_contact(page)
            if reply is not None:
                read += 1
                verdicts = attribute(reply, phones, is_first=True)
                assert verdicts is None or verdicts.rest in set(Reason)
    assert 0 < read < 900


CONTROLS = ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x07", "\u202e", "\u2066", "\x7f", "\u2028", "\ue000", "\x00"]


def test_nothing_printed_steers_the_terminal(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """A file's name, its headers and cells, and the API's words: what a person sees holds no raw control."""
    assert not {*"".join(CONTROLS)} & {*printable("".join(CONTROLS))} - {*"[2J]0;title31m"}
    odd = "".join(CONTROLS).replace("\0", "")
    sandbox = start_sandbox()
    path = tmp_path / f"list{odd}.csv"
    path.write_text(f"Phone,Name,Note{odd}\n+12025550100,An{odd}n,x{odd}\n12,Bob,\n", "utf-8")
    sandbox.store.add([Fields("+12025550177", f"E{odd}vil", None, None, None)])
    api, where = ("--base-url", sandbox.url), ("--runs", tmp_path / "runs")
    commands: list[tuple[str | Path, ...]] = [
        ("inspect", path),
        ("run", path, *api, *where),
        ("runs", *where),
        ("trace", "+12025550100", *where),
        ("contacts", "list", *api, *where),
        ("run", tmp_path / f"no{odd}.csv"),
        ("resume", odd, *where),
        ("run", path, f"--map=phone={odd}", *api, *where),
        ("convert", path, "--out", tmp_path / "plain"),
    ]
    told = [typed(*command) for command in commands]
    shown = "".join(done.out + done.err for done in told)
    assert "\ufffd" in shown
    assert {*shown} & ({*odd} - {*"[2J]0;title31m"}) == set()


def test_all_that_is_written_is_the_owner_s_alone(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """Under umask 000, whichever command wrote it: files at most 0600, folders at most 0700."""
    (tmp_path / "list.csv").write_text("Phone,Name\n+12025550100,Ann\n12,Bob\n,\n", "utf-8")
    sandbox = start_sandbox()
    where = ("--runs", tmp_path / "runs")
    typed("run", tmp_path / "list.csv", "--base-url", sandbox.url, *where)
    typed("run", tmp_path / "list.csv", "--sandbox", *where)
    typed("report", "latest", *where)
    typed("undo", "latest", "--yes", *where)
    typed("convert", tmp_path / "list.csv", "--out", tmp_path / "plain")
    made = [path for top in ("runs", "plain") for path in (tmp_path / top, *(tmp_path / top).rglob("*"))]
    assert len(made) > 20
    open_to_others = [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_a_run_s_folder_alone_does_not_say_where_the_key_goes(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that came with the lists names an address where this key was never sent: it is not sent now."""
    (tmp_path / "list.csv").write_text("Phone,Name\n+12025550100,Ann\n", "utf-8")
    sandbox = start_sandbox(Behaviour.parse(["faults=1:401"]))
    assert typed("run", tmp_path / "list.csv", "--base-url", sandbox.url, "--runs", tmp_path / "runs").code == 6
    (path,) = (tmp_path / "runs").glob("*/run.json")
    folder = RunFolder(path.parent)
    folder.save(folder.record().model_copy(update={"base_url": "https://contacts.example.com"}))
    for command in ("resume", "verify", "undo"):
        done = typed(command, "latest", "--runs", tmp_path / "runs")
        assert (done.code, "export IMPORTER_BASE_URL=https://contacts.example.com" in done.err) == (2, True), command
    monkeypatch.setenv("IMPORTER_BASE_URL", "https://contacts.example.com")
    assert "never sent from here" not in typed("undo", "latest", "--runs", tmp_path / "runs").err
