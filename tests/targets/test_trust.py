"""A run through a proxy and with a certificate of one's own: what the proxy sees, and that the key is nowhere else."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from importer.settings.proxy import proxy_of
from importer.settings.settings import load_settings
from importer.targets import open_target
from tests.conftest import KEY, Sandbox, Typed
from tests.support.commands import books
from tests.support.tunnels import Door, Proxy

LIST = "Phone,First name\n+12025550101,Quetzal\n+12025550102,Xochitl\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def door(authority: trustme.CA, sandbox: Sandbox) -> Iterator[Door]:
    """The sandbox behind TLS; a certificate that a client shows is noted, none is asked for in earnest."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    with Door(sandbox.url, context) as opened:
        yield opened


@pytest.fixture
def run(authority: trustme.CA, door: Door, tmp_path: Path, typed: Typed) -> Typed:
    """``importer run`` of two rows to the door, with more options."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    ca_file, runs = tmp_path / "ca.pem", tmp_path / "runs"
    at: list[str | Path] = ["--base-url", door.url, "--ca-file", ca_file, "--runs", runs, "--json"]
    return lambda *options: typed("run", tmp_path / "list.csv", *at, *options)


def test_a_run_goes_through_the_proxy_by_connect_alone(run: Typed, sandbox: Sandbox, door: Door) -> None:
    """Every request of the run, and the proxy gets no byte of key, name or number: it sees where they go, no more."""
    with Proxy() as proxy:
        done = run("--proxy", f"http://127.0.0.1:{proxy.port}")
        assert done.code == 0, done.err
        assert (done.code, books(done)["imported"], sandbox.store.count()) == (0, 2, 2)
    assert set(proxy.targets) == {f"CONNECT localhost:{door.port} HTTP/1.1"}
    assert len(proxy.targets) == books(done)["requests"]
    assert len(proxy.received) > 1000
    assert not any(secret in proxy.received for secret in (KEY.encode(), b"Quetzal", b"2025550101", b"Authorization"))


def test_the_environment_names_a_proxy_only_where_it_is_asked(
    run: Typed, monkeypatch: pytest.MonkeyPatch, door: Door
) -> None:
    """Without ``--proxy env`` it is not used, with it it is, and NO_PROXY is heeded."""
    with Proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
        assert run().code == 0
        assert proxy.targets == []
        done = run("--proxy", "env")
        assert done.code == 0
        assert proxy.targets == []  # all rows were imported before: nothing was sent
        with open_target(load_settings({"base_url": door.url, "proxy": "env"}), SecretStr(KEY)) as target:
            assert not target.fetch_page(1, 1).is_begun  # the door's certificate is not believed: no request left
        assert len(proxy.targets) == 1
    assert KEY.encode() not in proxy.received


def test_a_proxy_that_refuses_leaves_no_doubt(run: Typed, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONNECT is no request to the API: the rows wait, and none of them is unconfirmed."""
    monkeypatch.setenv("IMPORTER_MAX_WAIT", "0")
    with Proxy(refuses=True) as proxy:
        done = run("--proxy", f"http://127.0.0.1:{proxy.port}", "--quiet-time", "0")
        assert (done.code, books(done)["unconfirmed"], sandbox.store.count()) == (4, 0, 0)
    assert "the proxy does not let it through" in books(done)["stopped_because"]
    assert KEY.encode() not in proxy.received


def test_a_target_without_encryption_is_never_reached_through_a_proxy(
    sandbox: Sandbox, tmp_path: Path, typed: Typed
) -> None:
    """Http is for this machine alone: the key goes there directly."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    with Proxy() as proxy:
        at = ["--base-url", sandbox.url, "--runs", str(tmp_path / "runs"), "--proxy", f"http://127.0.0.1:{proxy.port}"]
        assert typed("run", tmp_path / "list.csv", *at).code == 0
    assert (proxy.targets, proxy.received) == ([], bytearray())


def test_a_certificate_of_ones_own_is_shown(run: Typed, authority: trustme.CA, door: Door, tmp_path: Path) -> None:
    """One PEM file with certificate and key, which nobody else may read."""
    pem = tmp_path / "client.pem"
    authority.issue_cert("importer.example.com").private_key_and_cert_chain_pem.write_to_path(str(pem))
    pem.chmod(0o644)
    open_to_others = run("--client-cert", pem)
    assert (open_to_others.code, door.shown) == (2, [])
    assert "Others can read --client-cert" in open_to_others.err
    pem.chmod(0o600)
    assert run("--client-cert", pem).code == 0
    assert set(door.shown) == {"importer.example.com"}


def test_what_is_no_proxy_or_certificate_is_told_before_a_run_begins(run: Typed, tmp_path: Path) -> None:
    """In words, with exit code 2; a password is not recorded with the run."""
    (tmp_path / "empty.pem").write_text("nothing\n", "utf-8")
    (tmp_path / "empty.pem").chmod(0o600)
    for options, words in (
        (("--proxy", "proxy.example.com:3128"), "is not the address of a proxy"),
        (("--proxy", "socks5://proxy.example.com"), "is not the address of a proxy"),
        (("--proxy", "http://me:secret@proxy.example.com"), "HTTPS_PROXY"),
        (("--client-cert", tmp_path / "empty.pem"), "does not hold a certificate and its key"),
    ):
        done = run(*options)
        assert done.code == 2
        assert words in done.err
        assert "secret" not in done.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("excepted", "is_used"),
    [
        ("", True),
        ("example.org", True),
        ("example.com", False),
        (".example.com", False),
        ("*", False),
        ("a, api.example.com", False),
    ],
)
def test_no_proxy_names_hosts_and_domains(monkeypatch: pytest.MonkeyPatch, excepted: str, *, is_used: bool) -> None:
    """As other programs read it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", excepted)
    assert (proxy_of("env", "api.example.com") is not None) == is_used
