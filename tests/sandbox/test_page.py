"""The sandbox's page for people."""

import httpx

from tests.conftest import Sandbox
from tests.support.sandbox_client import PHONE, bulk


def test_the_page_shows_contacts_escaped_and_asks_for_the_key(sandbox: Sandbox) -> None:
    """A browser gives the key as its password; markup in a contact stays text."""
    bulk(sandbox, {"phone": PHONE, "firstName": "<script>alert(1)</script>", "metadata": {"<b>": "&"}})
    assert httpx.get(sandbox.url, trust_env=False).status_code == 401
    page = httpx.get(sandbox.url, auth=("me", sandbox.key), trust_env=False).text
    assert PHONE in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page
