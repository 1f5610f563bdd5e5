"""The sandbox's hourly limit, and how it is told."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.sandbox import Behaviour
from tests.conftest import StartSandbox
from tests.support.sandbox_client import client


def test_the_hourly_limit_is_told_and_kept_over_a_restart(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    """Every answer carries the documented headers; over the limit comes 429, also after a restart."""
    db, behaviour = tmp_path / "kept.sqlite", Behaviour(rate_limit=2)
    with client(start_sandbox(behaviour, db)) as api:
        answers = [api.get("/contacts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert all(answer.headers["X-RateLimit-Limit"] == "2" for answer in answers[:2])
    assert 3500 < int(answers[0].headers["X-RateLimit-Reset"]) - time.time() <= 3601
    with client(start_sandbox(behaviour, db)) as api:
        assert api.get("/contacts").status_code == 429


@pytest.mark.parametrize("form", ["epoch-s", "epoch-ms", "delta", "retry-after", "retry-after-date", "body", "none"])
def test_the_limit_is_told_in_every_form(start_sandbox: StartSandbox, form: Any) -> None:
    """A client can be told to wait in seconds, as a date, in the body or not at all."""
    with client(start_sandbox(Behaviour(rate_limit=0, rate_header=form))) as api:
        answer = api.get("/contacts")
    assert answer.status_code == 429
    now = time.time()
    reset = answer.headers.get("X-RateLimit-Reset")
    told: dict[str, Callable[[], bool]] = {
        "epoch-ms": lambda: 3590 < int(reset or 0) / 1000 - now <= 3602,
        "delta": lambda: 3590 < int(reset or 0) <= 3601,
        "retry-after": lambda: 3590 < int(answer.headers["Retry-After"]) <= 3601,
        "retry-after-date": lambda: answer.headers["Retry-After"].endswith("GMT"),
        "body": lambda: 3590 < answer.json()["error"]["retryAfter"] <= 3601,
        "none": lambda: reset is None and "Retry-After" not in answer.headers,
    }
    assert told.get(form, lambda: 3590 < int(reset or 0) - now <= 3602)()
