"""Verification: a run's doubts settled by reading the account, long after it, without sending its contacts again."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from importer.delivery.channel import Books, Channel, DeliveryEnd
from importer.delivery.classify import Verdict, classify
from importer.delivery.clock import Clock
from importer.delivery.decisions import said
from importer.delivery.doubts import Resolver
from importer.delivery.pieces import State
from importer.delivery.readback import CAN_BE_CONTROLLED
from importer.errors import RefusedError, StoppedError
from importer.models.watching import Stop, Watch
from importer.settings.settings import Settings
from importer.targets import Target


def verify(  # noqa: PLR0913 - each is a thing that the run owns
    books: Books,
    target: Target,
    settings: Settings,
    watch: Watch,
    stop: Stop,
    *,
    control: str | None = None,
    confirm: Callable[[str], None] = lambda _question: None,
    clock: Clock | None = None,
) -> DeliveryEnd:
    """Settle a run's doubts by reading the account back, and check that contacts which the API confirmed are there.

    Contacts that certainly are not in the account become ready to be sent by a resumption.

    Args:
        books: of the run.
        target: whose list is read.
        settings: verify_requests, quiet_time, requests_per_hour, max_wait.
        watch: is told what happens.
        stop: a wish to stop.
        control: a number that is not in the account, E.164. If nothing else can show absence, a contact with it is
            created, the list must show it, and it is deleted again. None if that must not be done.
        confirm: asks the user before that; raises if the answer is no.
        clock: time and chance.

    Raises:
        RefusedError: the control number is in the account, or the answer is no; nothing was changed.
        StoppedError: the control contact could not be made.
    """
    channel = Channel(books, target, settings, watch, clock or Clock.of_machine())
    stop.on_wish(channel.stop)
    resolver = Resolver(books, channel, settings, watch)
    books.ledger.doubt_interrupted(books.run_id, settings.quiet_time_s)
    resolver.settle(is_audit=True, watch_for=[control] if control else [])
    is_in_doubt = any(piece.state is State.IN_DOUBT for piece in resolver.uncertain().pieces)
    if control and is_in_doubt and resolver.last.why_not in CAN_BE_CONTROLLED:
        # A contact with this number would be taken for the control, and a list that lags for one that does not.
        if control in resolver.last.seen:
            raise RefusedError(f"{control} is in the account, so it can show nothing. Name a number that is not.")
        confirm(f"Create a contact with {control}, look whether the account's list shows it, and delete it again?")
        with _created(channel, control, watch):
            resolver.settle(controls=[control])
    return channel.end or DeliveryEnd()


@contextmanager
def _created(channel: Channel, phone: str, watch: Watch) -> Iterator[None]:
    """Create a contact that is in the account for as long as the context lasts.

    Raises:
        StoppedError: it could not be created.
    """
    mark = f"importer check {secrets.token_hex(4)}"
    attempt = channel.begin("control")
    if attempt is None:
        raise StoppedError("Stopped before the control contact was made.")
    exchange = channel.target.create({"phone": phone, "first_name": mark})
    verdict = classify(exchange, may_be_applied=False)
    channel.finish(attempt, exchange, verdict)
    made = channel.target.read_contact(exchange.body) if verdict is Verdict.ANSWERED else None
    if made is None:
        raise StoppedError(
            f"The control contact could not be made ({said(exchange, channel.target)}). Should the account hold a "
            f"contact named {mark!r}, delete it."
        )
    try:
        yield
    finally:
        _delete(channel, made.contact_id, mark, watch)


def _delete(channel: Channel, contact_id: str, mark: str, watch: Watch) -> None:
    """Delete the control contact; if that fails, tell the user that it is still there."""
    attempt = channel.begin("control")
    if attempt is not None:
        exchange = channel.target.delete(contact_id)
        verdict = classify(exchange, may_be_applied=False)
        channel.finish(attempt, exchange, verdict)
        if verdict is Verdict.ANSWERED:
            return
    watch.note(f"The control contact {mark!r} is still there: importer contacts delete {contact_id}")
