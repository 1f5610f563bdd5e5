"""A client of the sandbox, and two numbers that it may be sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.conftest import Sandbox

PHONE = "+14155550123"


OTHER = "+442079460123"


@contextmanager
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=f"{sandbox.url}/api/v1", headers=headers, trust_env=False) as open_client:
        yield open_client


def bulk(sandbox: Sandbox, *contacts: Any) -> httpx.Response:
    with client(sandbox) as api:
        return api.post("/contacts/bulk", json={"contacts": contacts})


def phones(sandbox: Sandbox) -> list[str]:
    return [contact.phone for contact in sandbox.store.contacts()]
