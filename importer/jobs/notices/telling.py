"""When a job's state is told: once each time it begins to fail, and once when it is well again.

A message is kept in the job's memory with the change of state, before it is delivered, so a kill loses none. It has an
id that stays: a receiver that got it just before a kill can tell it from a new one. What cannot be delivered is tried
again at the next starts, and never changes how a start ends.
"""

import json
import shlex
import threading
import time
from collections.abc import Callable
from importlib import import_module
from secrets import token_hex

from importer.errors import ImporterError
from importer.jobs.notices.message import Message, content_of
from importer.jobs.results import StepResult
from importer.settings.job import JobNotify
from importer.settings.job_reading import Job
from importer.storage.job_memory import JobMemory

_MOST_TRIES = 20
_DEADLINE_S = 60.0
"""A receiver that drips its answer would hold the job's lock."""


class NotToldError(Exception):
    """A message was not delivered; the text says why, without address or secret."""


def channels(notify: JobNotify) -> list[str]:
    """Return the names of the channels that a job tells: the modules of this package with ``send``."""
    given = {"webhook": notify.webhook, "mail": notify.email, "services": notify.apprise_file}
    return [name for name, value in given.items() if value]


def note_state(job: Job, memory: JobMemory, result: StepResult) -> None:
    """Note the job's state after a start, and a message for each channel if it changed."""
    was, cause = memory.fact("state", "ok"), memory.fact("cause", "")
    state, cause = _state(result, was, cause)
    with memory.at_once():
        memory.note_fact("state", state)
        memory.note_fact("cause", cause)
        if state != was:
            content = json.dumps(content_of(result, state, was, _status(job)))
            for channel in channels(job.tables.notify):
                memory.write_message(token_hex(8), time.time(), channel, content)


def deliver(job: Job, memory: JobMemory) -> list[str]:
    """Deliver what is still to be told; return for each message that was not delivered why, in words."""
    failed = []
    for number, channel, content in memory.undelivered(_MOST_TRIES):
        memory.note_try(number)
        why = _sent(channel, Message(number, json.loads(content)), job.tables.notify)
        if why is None:
            memory.note_told(number, time.time())
        else:
            failed.append(f"Nobody was told by {channel}: {why}. It is tried again at the next start.")
    return failed


def send_test(job: Job) -> dict[str, str | None]:
    """Send a test by each channel of a job; return for each why it failed, None if it did not."""
    content = content_of(StepResult(job.name), "test", "test", _status(job))
    return {
        name: _sent(name, Message(token_hex(8), content), job.tables.notify) for name in channels(job.tables.notify)
    }


def _state(result: StepResult, was: str, cause: str) -> tuple[str, str]:
    """Return the state after a start, and what causes it: the start itself, or one of its files."""
    if result.stopped is not None and result.exit_code:
        return "failing", "start"
    if result.files:
        return ("failing", "file") if result.exit_code else ("ok", "")
    # Nothing was done: that mends what kept a start from working, but no file that lies in quarantine.
    return (was, cause) if cause == "file" else ("ok", "")


def _sent(channel: str, message: Message, notify: JobNotify) -> str | None:
    """Send a message within the deadline; return why it was not sent, None if it was."""
    send: Callable[[Message, JobNotify], None] = import_module(f"importer.jobs.notices.{channel}").send
    outcome: list[str | None] = []

    def work() -> None:
        try:
            send(message, notify)
            outcome.append(None)
        except (NotToldError, ImporterError) as error:
            outcome.append(str(error).rstrip("."))
        except Exception as error:  # noqa: BLE001 - nothing that a channel does may change how a start ends
            outcome.append(f"a fault of the channel ({type(error).__name__})")

    thread = threading.Thread(target=work, name=f"notice-{channel}", daemon=True)
    thread.start()
    thread.join(_DEADLINE_S)
    return outcome[0] if outcome else f"no answer within {_DEADLINE_S:.0f} s"


def _status(job: Job) -> str:
    return f"importer job status {shlex.quote(str(job.path))}"
