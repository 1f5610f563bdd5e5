"""Answers of the sandbox in every shape that a service may give them."""

from typing import Any

import httpx
import pytest

from importer.sandbox import Behaviour
from tests.conftest import StartSandbox
from tests.support.sandbox_client import PHONE, bulk


@pytest.mark.parametrize(
    ("shape", "base", "expected"),
    [
        ("index", "0", [{"index": 1, "phone": "12", "code": "invalid_phone"}]),
        ("row", "file-row", [{"row": 3}]),
        ("position", "1", [{"position": 2}]),
        ("phone", "0", [{"phoneNumber": "12", "code": "invalid_phone"}]),
        ("nested", "0", [{"contact": {"phone": "12"}}]),
        ("number", "1", [2]),
        ("count", "0", 1),
    ],
)
def test_error_shapes(start_sandbox: StartSandbox, shape: Any, base: Any, expected: Any) -> None:
    """An entry of errors comes in the form, and counts from the base, that were asked for."""
    sandbox = start_sandbox(Behaviour(on_invalid="list", error_shape=shape, index_base=base))
    errors = bulk(sandbox, {"phone": PHONE}, {"phone": "12"}).json()["data"]["errors"]
    if isinstance(expected, list) and isinstance(expected[0], dict):
        assert expected[0].items() <= errors[0].items()
    else:
        assert errors == expected


def test_error_shapes_without_a_list(start_sandbox: StartSandbox) -> None:
    """Errors also come as plain strings, as a map, or not at all."""
    answers = {}
    for shape in ("string", "map", "missing"):
        sandbox = start_sandbox(Behaviour.parse(["on_invalid=list", f"error_shape={shape}"]))
        answers[shape] = bulk(sandbox, {"phone": "12"}).json()["data"]
    assert answers["string"]["errors"][0].startswith("Contact 0: ")
    assert list(answers["map"]["errors"]) == ["0"]
    assert "errors" not in answers["missing"]


def test_bulk_statuses(start_sandbox: StartSandbox) -> None:
    """201 and 207 come with counts, 202 with a job."""
    for status in (201, 202, 207):
        answer = bulk(start_sandbox(Behaviour.parse([f"bulk_status={status}"])), {"phone": PHONE})
        assert answer.status_code == status
        assert ("imported" in answer.json()["data"]) == (status != 202)


def test_a_job_tells_its_counts_later(start_sandbox: StartSandbox) -> None:
    """202 gives a job's id and no counts; the job has them, and another id is nobody's."""
    sandbox = start_sandbox(Behaviour.parse(["bulk_status=202", "on_invalid=list"]))
    answer = bulk(sandbox, {"phone": PHONE}, {"phone": "12"})
    assert (answer.status_code, answer.json()["data"].keys()) == (202, {"jobId", "status"})
    path = f"{sandbox.url}/api/v1/contacts/jobs/"
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    told = httpx.get(path + answer.json()["data"]["jobId"], headers=headers).json()["data"]
    assert (told["status"], told["imported"], told["skipped"], len(told["errors"])) == ("done", 1, 0, 1)
    assert httpx.get(path + "job_99", headers=headers).status_code == 404
    assert httpx.get(path + "job_1").status_code == 401
