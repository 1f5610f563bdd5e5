"""Whose a contact is, by dates: other people's contacts are never called ours, and what the dates show is claimed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from importer.delivery.dating import Age, Calibration, Dates, Request, Sample, Span, Witness, calibrate, window
from importer.targets import Found, answers
from tests.support.delivery_job import Job, batch, prove
from tests.support.faultserver import Call, FaultServer, after_applying, reset


@dataclass(frozen=True)
class Face:
    """How a server shows its dates: ``created`` of a moment in UTC, and ``date_s`` by which its Date header is off."""

    created: Callable[[datetime], str] = lambda moment: moment.isoformat()
    date_s: float | None = 0.0

    def date(self, server: FaultServer) -> dict[str, str]:
        if self.date_s is None:
            return {}
        moment = datetime.fromtimestamp(server.now() + self.date_s).astimezone()
        return {"Date": format_datetime(moment.astimezone(tz=_UTC), usegmt=True)}

    def documented(self, server: FaultServer, call: Call) -> None:
        call.answer(200, server.apply(call.contacts()), **self.date(server))

    def listed(self, server: FaultServer, call: Call) -> None:
        shown = [one | {"createdAt": self.created(datetime.fromisoformat(one["createdAt"]))} for one in server.contacts]
        page = shown if "page=1&" in call.path else []
        call.answer(200, {"data": page, "total": len(shown)}, **self.date(server))


_UTC = datetime.fromisoformat("2026-01-01T00:00:00Z").tzinfo


FACES = {
    "as it should be": Face(),
    "without a zone": Face(lambda moment: moment.replace(tzinfo=None).isoformat()),
    "without a zone, local time": Face(lambda moment: (moment + timedelta(hours=2)).replace(tzinfo=None).isoformat()),
    "Z on local time": Face(lambda moment: (moment + timedelta(hours=2)).isoformat()),
    "Z on local time, west": Face(lambda moment: (moment - timedelta(hours=5)).isoformat()),
    "a Date ten minutes behind": Face(date_s=-600.0),
    "a Date ten minutes ahead": Face(date_s=600.0),
    "no Date": Face(date_s=None),
    "no Date, local time": Face(lambda moment: (moment + timedelta(hours=2)).isoformat(), date_s=None),
}


SHIFTED = {"without a zone, local time", "Z on local time", "Z on local time, west", "no Date, local time"}


@pytest.mark.parametrize("has_proof", [False, True], ids=["", "repeats are skipped"])
@pytest.mark.parametrize("name", FACES)
def test_other_peoples_contacts_are_never_called_imported(
    server: FaultServer, tmp_path: Path, name: str, *, has_proof: bool
) -> None:
    """A reply is lost; half of its numbers were others' contacts since half an hour, by whatever date.

    Where our own clock, or proof that repeats are skipped, shows that the list dates what we sent, both are told apart.
    """
    face, job = FACES[name], Job(server, tmp_path / "ledger.sqlite", settings={"in_flight": 1})
    server.skips_existing, server.otherwise, server.on_list = True, face.documented, face.listed
    if has_proof:
        prove(job, duplicates="skip", invalid_numbers="refuse")
    server.clock_offset_s = -1800
    server.apply(batch(2).to_dicts()[:10])
    server.clock_offset_s = 0.0
    server.script = [face.documented, after_applying(1, reset)]
    job.deliver()
    told = job.reasons()
    if name in SHIFTED and not has_proof:
        assert told == {"confirmed": 40, "present": 20}
    else:
        assert told["confirmed"] == 50
        assert told.get("skipped-by-api", 0) + told.get("present", 0) == 10
    assert told.get("skipped-by-api", 0) == (10 if has_proof else told.get("skipped-by-api", 0))


def test_a_first_reply_that_is_lost_shows_no_clock(server: FaultServer, tmp_path: Path) -> None:
    """Nothing of this account is known to be ours yet, so nothing tells what its dates are worth."""
    job = Job(server, tmp_path / "ledger.sqlite", batches=1)
    server.script = [after_applying(1, reset)]
    job.deliver()
    assert job.reasons() == {"present": 20}


def test_an_earlier_run_shows_the_clock(server: FaultServer, tmp_path: Path) -> None:
    """A nightly run of one batch is settled by what the night before confirmed."""
    job = Job(server, tmp_path / "ledger.sqlite", batches=1)
    job.deliver()
    later = replace(job, run_id="run-2", batches=2)
    server.script = [after_applying(1, reset)]
    with later.opened() as delivery:
        delivery.start()
        delivery.offer(2, later.rows)
        delivery.close()
        delivery.wait()
    assert later.reasons() == {"confirmed": 20, "not-sent": 20}


@pytest.mark.parametrize(
    ("text", "has_zone"),
    [
        ("2026-02-09T12:00:00Z", True),
        ("2026-02-09T12:00:00+02:00", True),
        ("2026-02-09T12:00:00", False),
        (1.7e9, True),
    ],
)
def test_a_date_without_a_zone_is_known_as_such(text: object, *, has_zone: bool) -> None:
    """It is read as UTC, and not believed to be."""
    found = answers.read_found({"id": "c1", "phone": "+12025550100", "createdAt": text})
    assert found is not None
    assert found.has_zone is has_zone


NOW = 1_770_638_407.125


def calibrated(*low_and_high: tuple[int, float, float]) -> Calibration:
    """By witnesses a second long at these requests: number, and how far C is ahead at least and at most."""
    witnesses = [Witness(n, NOW + n * 10, NOW + n * 10 + 1, Span(low, high)) for n, low, high in low_and_high]
    return Calibration(tuple(witnesses), 0.001, needs_both=True)


def test_what_the_bound_leaves_open_is_not_told() -> None:
    """Older is what is so by more than the bound, ours what cannot be older by more; between them nothing is said."""
    request = Request(2, NOW + 20, NOW + 20, 1.0)
    found = window(calibrated((1, 0.0, 1.0), (3, 0.5, 2.0)), request, NOW + 21)
    assert found is not None
    ages = [found.age(NOW + 20 + after) for after in (-11, -9, -1, 0.1, 4)]
    assert ages == [Age.OLDER, Age.OPEN, Age.OPEN, Age.OURS, Age.LATER]
    assert found.age(None) is Age.OPEN


@pytest.mark.parametrize(("sides", "is_told"), [((1, 3), True), ((1,), False), ((3,), False)])
def test_a_clock_of_its_own_needs_a_witness_on_either_side(sides: tuple[int, ...], *, is_told: bool) -> None:
    """Otherwise it may have been set between the one and the request."""
    known = calibrated(*((number, 0.0, 1.0) for number in sides))
    assert (window(known, Request(2, NOW + 20, NOW + 20, 1.0), NOW + 21) is not None) is is_told


def test_a_contact_dated_after_it_was_read_proves_that_the_clocks_are_two() -> None:
    """Then nothing is judged by dates, though all samples agree."""
    sample = Sample(Request(1, NOW, NOW, 1.0, float(int(NOW) + 1)), [[Found("c1", "+12025550100", NOW + 0.5)]])
    dates, answer = Dates(), Request(3, NOW + 60, NOW + 60, 0.1, float(int(NOW) + 60))
    dates.note(Found("c1", "+12025550100", NOW + 0.5))
    assert calibrate([sample], [answer], dates, NOW + 61) is not None
    dates.note(Found("c2", "+12025550101", NOW + 70))
    assert calibrate([sample], [answer], dates, NOW + 61) is None
