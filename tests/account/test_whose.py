"""Whose account an address and a key lead to: one account by all its spellings, hosts and keys; asked where unsure."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from pydantic import SecretStr

from importer.account.whose import Whose, account_to_pace, settle_account
from importer.delivery import Ledger
from importer.delivery.ledger.accounts import address_of
from importer.errors import UndecidedError, UsageError
from importer.sandbox.behaviour import Behaviour
from importer.settings.key import fingerprint
from importer.targets import Exchange
from tests.conftest import KEY, Done, Sandbox, StartSandbox, Typed

LIST = "Name,Phone\nAnn,+1 202 555 0101\nBen,+1 202 555 0102\n"


API = "https://api.example.com"


@pytest.fixture
def sent_to(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger whose account ``api.example.com`` was sent contacts with the key ``old``."""
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        account = ledger.account(API, "old")
        ledger.begin(account, "run-1", "bulk", per_hour=900)
        yield ledger


@pytest.mark.parametrize(
    ("url", "key"),
    [(API, "new"), ("https://eu.example.com", "new"), ("https://elsewhere.example.org", "old")],
    ids=["a new key", "another host of the domain", "the key at another address"],
)
def test_who_may_be_a_known_account_is_asked_about_once(sent_to: Ledger, url: str, key: str) -> None:
    """Without anybody to answer it is refused with what to type; the answer is kept."""
    with pytest.raises(UndecidedError, match=r"--account 'api\.example\.com'"):
        settle_account(sent_to, url, key, Whose())
    assert sent_to.known_account(url, key) is None
    asked: list[str] = []

    def yes(question: str) -> bool:
        asked.append(question)
        return True

    for _ in range(2):
        assert settle_account(sent_to, url, key, Whose(is_same=yes)) == "api.example.com"
    assert len(asked) == 1


def test_another_account_is_named_and_stays_apart(sent_to: Ledger) -> None:
    """By a person's no, with a number after the host; or by a name of its own."""
    assert settle_account(sent_to, API, "second", Whose(is_same=lambda _: False)) == "api.example.com (2)"
    assert settle_account(sent_to, API, "third", Whose("sales")) == "sales"
    assert sent_to.account(API, "third") != sent_to.account(API, "old")


def test_a_stranger_and_a_key_that_was_refused_need_no_question(tmp_path: Path) -> None:
    """Nothing was sent there that could be sent twice."""
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        account = ledger.account(API, "mistyped")
        attempt = ledger.begin(account, "run-1", "bulk", per_hour=900)
        assert not isinstance(attempt, float)
        ledger.finish(attempt, Exchange(status=401), "key-refused")
        assert settle_account(ledger, API, "right", Whose()) == "api.example.com"
        assert settle_account(ledger, "https://crm.example.net", "right-2", Whose()) == "crm.example.net"


def test_a_name_may_be_given_later_and_a_wrong_one_is_refused(sent_to: Ledger) -> None:
    """One key at one address is one account: a new name is its name from now on, another account's is a mistake."""
    assert settle_account(sent_to, API, "old", Whose("crm")) == "crm"
    assert settle_account(sent_to, API, "other", Whose("sales")) == "sales"
    with pytest.raises(UsageError, match="'crm'"):
        settle_account(sent_to, API, "old", Whose("sales"))


def test_requests_that_send_no_list_keep_the_pace_of_the_likeliest_account(sent_to: Ledger) -> None:
    """And decide nothing for it."""
    assert account_to_pace(sent_to, API, "new") == sent_to.account(API, "old")
    assert sent_to.known_account(API, "new") is None


class Rotating:
    """A list, a server that keeps a second contact of a number that it has, and another key for it."""

    def __init__(self, folder: Path, typed: Typed, sandbox: Sandbox) -> None:
        self.folder, self.sandbox, self._typed = folder, sandbox, typed
        self.list = folder / "list.csv"
        self.list.write_text(LIST, "utf-8")

    def run(self, *options: str, url: str | None = None) -> Done:
        return self._typed(
            "run", self.list, "--base-url", url or self.sandbox.url, "--runs", self.folder / "runs", *options
        )


@pytest.fixture
def rotating(tmp_path: Path, typed: Typed, start_sandbox: StartSandbox) -> Rotating:
    return Rotating(tmp_path, typed, start_sandbox(Behaviour.parse(["on_duplicate=second"])))


def test_a_list_goes_out_once_however_its_address_is_spelled(rotating: Rotating) -> None:
    """Slash, letter case and this machine's other names are one account."""
    port = urlsplit(rotating.sandbox.url).port
    spelled = ["{}", "{}/", "HTTP://127.0.0.1:{port}", f"http://localhost:{port}", f"http://LOCALHOST:{port}/"]
    for url in spelled:
        done = rotating.run(url=url.format(rotating.sandbox.url, port=port))
        assert done.code == 0, done
    assert rotating.sandbox.store.count() == 2


def test_one_account_is_held_by_one_process_however_it_is_spelled(rotating: Rotating) -> None:
    """Another spelling waits for the same lock."""
    rotating.run()
    lock = FileLock(rotating.folder / "runs" / ".account-1.lock")
    with lock:
        port = urlsplit(rotating.sandbox.url).port
        done = rotating.run(url=f"http://localhost:{port}/")
    assert (done.code, "same account is under way" in done.err) == (4, True)


def with_a_key_of_before(path: Path) -> None:
    """What was sent so far was sent by another key than the environment's."""
    with Ledger.open(path) as ledger, ledger.transaction() as db:
        db.execute("UPDATE accesses SET key_fingerprint = ?", (fingerprint(SecretStr("agl_sk_before")),))


def test_a_rotated_key_asks_and_nothing_is_sent_twice(rotating: Rotating, tmp_path: Path) -> None:
    """Unattended it ends with 5 and what to type; then the account is the same with the new key for ever."""
    assert rotating.run().code == 0
    with_a_key_of_before(tmp_path / "runs" / "ledger.sqlite")
    refused = rotating.run("--json")
    address = address_of(rotating.sandbox.url)
    assert (refused.code, f"--account '{address}'" in refused.err) == (5, True)
    assert len(list((tmp_path / "runs").glob("*/run.json"))) == 1
    answered = rotating.run("--json", "--account", address)
    assert json.loads(answered.out)["reasons"] == {"skipped": {"already-imported": 2}}
    assert json.loads(rotating.run("--json").out)["reasons"] == {"skipped": {"already-imported": 2}}
    assert rotating.sandbox.store.count() == 2


def test_a_run_is_resumed_with_a_replaced_key_when_somebody_says_so(
    tmp_path: Path, typed: Typed, start_sandbox: StartSandbox
) -> None:
    """Its account is named by --account; another name is refused."""
    sandbox = start_sandbox(Behaviour.parse(["on_duplicate=second", "faults=2:401"]))
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    runs = ("--runs", tmp_path / "runs")
    assert typed("run", tmp_path / "list.csv", "--base-url", sandbox.url, "--batch-size", "1", *runs).code == 6
    with_a_key_of_before(tmp_path / "runs" / "ledger.sqlite")
    assert typed("resume", "latest", *runs).code == 5
    assert typed("resume", "latest", "--account", "sales", *runs).code == 2
    assert typed("resume", "latest", "--account", address_of(sandbox.url), *runs).code == 0
    assert sandbox.store.count() == 2
    assert KEY not in (tmp_path / "runs" / "ledger.sqlite").read_bytes().decode("latin-1")
