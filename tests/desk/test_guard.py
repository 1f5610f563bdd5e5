"""Who is let in: nobody but whoever started the desk, from its own page."""

import re
import time
from pathlib import Path

import httpx
import pytest

from tests.support.open_desk import entered, open_desk
from tests.support.reports_run import small_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder with its rows and its summary."""
    small_run(tmp_path).write(tmp_path, "")
    return tmp_path


def test_the_address_opens_the_desk_once(run: Path) -> None:
    """The token becomes a cookie that no script reads and no other site sends; a second use of it is refused."""
    with open_desk(run) as server:
        first = httpx.get(server.opening)
        assert (first.status_code, first.headers["location"]) == (303, "/")
        assert re.search(r"; HttpOnly; Path=/; SameSite=strict", first.headers["set-cookie"])
        assert "token" not in first.headers["location"]
        assert httpx.get(server.opening).status_code == 403
        assert httpx.get(f"{server.url}/rows").status_code == 403
        assert httpx.get(f"{server.url}/rows", cookies=dict(first.cookies)).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "example.com", "127.0.0.1", "127.0.0.1:1"])
def test_another_name_for_this_machine_is_refused(run: Path, host: str) -> None:
    """A name that somebody points at 127.0.0.1 is not the desk's address, cookie or not."""
    with open_desk(run) as server, entered(server) as client:
        assert client.get("/rows", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "http://example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_page_of_another_site_changes_nothing(run: Path, headers: dict[str, str], status: int) -> None:
    """A POST must say that it comes from the desk's own page, and needs the cookie besides."""
    with open_desk(run) as server, entered(server) as client:
        if "Sec-Fetch-Site" in headers:
            headers = {**headers, "Origin": server.url}
        assert client.post("/rows", headers=headers).status_code == status
        assert httpx.post(f"{server.url}/rows", headers={"Origin": server.url}).status_code == 403
        assert client.post("/rows", headers={"Origin": server.url}).status_code == 405  # let through, and not offered


def test_pages_load_nothing_from_elsewhere(run: Path) -> None:
    """The policy names the desk alone, nothing is cached, and no address of a page leads out of it."""
    with open_desk(run) as server, entered(server) as client:
        for path in ("/", "/rows", "/rows?q=outcome:errored", "/changes", "/row/2", "/desk.js"):
            page = client.get(path)
            assert page.headers["content-security-policy"].startswith(
                "default-src 'none'; style-src 'self'; script-src"
            )
            assert page.headers["cache-control"] == "no-store"
            assert not re.findall(r'(?:src|href|action)="(?!/|#)', page.text)
            assert " style=" not in page.text
            assert "onclick" not in page.text


def test_it_ends_where_nobody_uses_it(run: Path) -> None:
    """Use keeps it open; after an hour without use it ends by itself."""
    with open_desk(run, idle_s=3600) as server, entered(server) as client:
        for _ in range(2):  # two times the greater part of an hour, with one use between
            server._used_at -= 3500
            assert client.get("/").status_code == 200
        assert not server.was_idle
        server._used_at -= 3601
        for _ in range(300):
            if server.was_idle:
                break
            time.sleep(0.1)
        assert server.was_idle
        assert server.should_exit
