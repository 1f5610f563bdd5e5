"""What can refuse a run once its rows are known and before anything is sent.

``--max-error-rate``: too large a share of the rows is errored. A gate of a job or profile. ``--exact``: one contact a
request, because the counts of an answer settle a contact that travelled alone, takes more requests than are allowed.

Of two or more contacts the counts settle each only if all fared alike, and what a larger batch left open no later
request recovers: the contact is there then, whoever made it. So the small requests come first, and cost as many as
there are contacts.
"""

import polars as pl

from importer.delivery import Ledger
from importer.errors import RefusedError
from importer.models.outcomes import Outcome
from importer.pipeline.approval import is_approved, seal_plan
from importer.pipeline.gates import judged, words
from importer.pipeline.work import Work
from importer.settings.settings import Settings, runs_option
from importer.storage.parts import Parts
from importer.storage.summary import Gate


def check_before_sending(work: Work, parts: Parts, ledger: Ledger) -> None:
    """Raise if too many of the prepared rows are errored, a gate is shut, or ``--exact`` takes too many requests.

    Raises:
        RefusedError: with the count and what to do; the run remembers that it was refused.
    """
    if work.stop:
        return  # the rows are not all prepared, so a share of them says nothing
    if is_approved(work.folder, work.record):
        return  # a person has looked at what held the run back
    gates = checked_gates(work, parts)
    limit = work.settings.max_error_rate
    errored = parts.scan().select((pl.col("outcome") == Outcome.ERRORED.value).sum()).collect().item()
    if limit is not None and errored > limit * work.record.rows:
        raise refusal(
            work,
            f"{errored:,} of {work.record.rows:,} rows cannot be imported; --max-error-rate allows {limit:.1%}. "
            "Nothing was sent. Correct the rows of the retry file, or raise the limit.",
        )
    if tripped := [gate for gate in gates if not gate.is_open]:
        raise refusal(work, f"{words(tripped)} Nothing was sent. {to_approve(work)}")
    if work.settings.exact:
        # A resumed run pays only for what is left: each batch holds one contact, and begun ones are paid for.
        begun = ledger.batch_results(work.record.run_id).height
        try:
            work.watch.note(check_exact(rows_to_send(parts) - begun, work.settings))
        except RefusedError as too_many:
            raise refusal(work, str(too_many)) from None


def note_guards(work: Work, parts: Parts) -> None:
    """Note what the guards would say, for a dry run whose rows are all prepared."""
    if not work.record.is_prepared:
        return
    if needs_all_rows(work.settings):
        for gate in checked_gates(work, parts):
            if not gate.is_open:
                work.watch.note(words([gate]))
    if work.settings.exact:
        work.watch.note(f"{exact_cost(rows_to_send(parts), work.settings)}.")


def checked_gates(work: Work, parts: Parts) -> list[Gate]:
    """Check the gates of a run whose rows are all prepared, once: what a run began with, it goes on with."""
    if work.record.gates is None:
        work.record.gates = judged(work.settings, work.record, parts)
        work.folder.save(work.record)
    return work.record.gates


def needs_all_rows(settings: Settings) -> bool:
    """Return True if a guard must know all rows before the first is sent."""
    guards = (settings.max_error_rate, settings.suppress_max_age_days)
    is_held = settings.exact or settings.needs_approval or bool(settings.gates)
    return is_held or any(one is not None for one in guards)


def to_approve(work: Work) -> str:
    """Return what to type to send a run that a gate held back, for people."""
    runs = runs_option(work.folder.path.parent)
    return f"Look at it; to send it all the same: importer approve {work.record.run_id}{runs}"


def check_exact(contacts: int, settings: Settings) -> str:
    """Return what sending ``contacts`` one by one takes, for people.

    Raises:
        RefusedError: it takes more requests than are allowed; the message says what to do.
    """
    most = settings.verify_requests
    if contacts <= most:
        return f"{exact_cost(contacts, settings)}; {most:,} are allowed."
    raise RefusedError(
        f"{exact_cost(contacts, settings)}, and {most:,} are allowed. Nothing was sent. Allow them with "
        f"--verify-requests {contacts}, or import without --exact: for a small account --snapshot tells by name what "
        "it has already, in far fewer requests."
    )


def exact_cost(contacts: int, settings: Settings) -> str:
    """Return the requests and hours that sending each contact alone takes, for people."""
    per_hour = settings.requests_per_hour
    takes = (
        f"about {contacts / per_hour:.1f} hours at {per_hour:,} an hour" if contacts > per_hour else "within an hour"
    )
    return f"--exact sends each contact in a request of its own: {contacts:,} of them, {takes}"


def rows_to_send(parts: Parts) -> int:
    """Count the prepared rows that belong to a batch."""
    return int(parts.scan().select(pl.col("batch").count()).collect().item())


def refusal(work: Work, why: str) -> RefusedError:
    """Return the error to raise, after noting on the disk that the run was refused."""
    # Written at once: a run that is killed before its books are closed must not be resumed and send after all.
    work.record.is_refused = True
    if work.record.is_prepared:
        seal_plan(work.folder, work.record)  # a person may approve it nevertheless: exactly these rows
    work.folder.save(work.record)
    return RefusedError(why)
