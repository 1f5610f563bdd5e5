"""The client: one method an endpoint, and ``get`` and ``find`` on top of the list."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import polars as pl
from pydantic import SecretStr, ValidationError

from importer.account.contact import BulkResult, Changes, Contact, NewContact
from importer.account.contact_list import fetch_page
from importer.account.failures import failure
from importer.account.session import Line, Log
from importer.account.whose import account_to_pace
from importer.delivery import Ledger
from importer.delivery.account_pages import AccountPages, unseen
from importer.delivery.classify import Verdict, classify
from importer.errors import (
    AnswerLostError,
    NoSuchContactError,
    StoppedError,
    UnavailableError,
    UsageError,
)
from importer.settings.key import fingerprint, load_key
from importer.settings.settings import Settings, load_settings
from importer.storage.run_folder import LEDGER
from importer.targets import Exchange, Page, open_target

MOST_IN_BULK = 10_000


class ContactsClient:
    """A Contacts API account, as Python calls; used by one thread.

    Used as a context manager::

        from importer import ContactsClient

        with ContactsClient() as client:
            ann = client.create("+14155550123", first_name="Ann", metadata={"plan": "basic"})
            client.update(ann.contact_id, email="ann@example.com")
            for contact in client.list():
                print(contact.phone, contact.email)
            client.delete(ann.contact_id)

    The key comes from ``VOXPRIA_API_KEY`` (or the file that ``VOXPRIA_API_KEY_FILE`` names) unless it is given, is sent
    to this address alone and stands in no error, log or ``repr``. No redirect is followed; every request has a
    deadline.

    A request is repeated only if that is harmless: reading, updating and deleting always, creating only if the API
    certainly has not seen it. Every error is an ``importer.errors.ImporterError``; its message says what to do:
    ``NoSuchContactError``, ``ContactExistsError``, ``ContactRejectedError`` (nothing was changed), ``UnavailableError``
    (nothing was changed; try again, after ``wait_s`` seconds if known), ``AnswerLostError`` (it may have been done:
    look first), ``KeyRefusedError``, ``MisdirectedError``, ``UsageError``.

    Args:
        base_url: the API's address, without ``/api/v1``; by default ``IMPORTER_BASE_URL``, else the vendor's.
        key: by default from the environment.
        runs: the folder of runs. Its ledger paces the requests together with those of imports into the same account;
            without it only the API's own 429 does.
        target: a TOML file that describes another API; its base URL and key variable are the defaults then.
        deadline_s: seconds that one request may take in all.
        max_wait_s: seconds to wait in all for one answer, if the API asks to wait or does not answer.
        settings: all settings, in place of ``base_url``, ``runs``, ``target`` and ``deadline_s``.
    """

    def __init__(  # noqa: PLR0913 - each is named where it is given
        self,
        base_url: str | None = None,
        key: SecretStr | str | None = None,
        *,
        runs: Path | None = None,
        target: Path | None = None,
        deadline_s: float | None = None,
        max_wait_s: float = 60.0,
        settings: Settings | None = None,
    ) -> None:
        flags = {"base_url": base_url, "target": target, "deadline": deadline_s}
        given = {name: value for name, value in flags.items() if value is not None}
        self._settings = load_settings(given) if settings is None else settings
        self._key = (SecretStr(key) if isinstance(key, str) else key) or load_key(self._settings.key_variable)
        self._runs = runs if settings is None else settings.runs
        self._max_wait_s = max_wait_s
        self._stack = ExitStack()
        self._line: Line | None = None

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            UsageError: there is no key, or the address is not one that a key may be sent to.
            LedgerError: the ledger cannot be used.
        """
        if self._key is None:
            raise UsageError(
                f"There is no API key. Set {self._settings.key_variable}; in Python also ContactsClient(key=…)."
            )
        with ExitStack() as stack:
            target = stack.enter_context(open_target(self._settings, self._key))
            log = None
            if self._runs is not None:
                self._runs.mkdir(mode=0o700, parents=True, exist_ok=True)
                ledger = stack.enter_context(Ledger.open(self._runs / LEDGER))
                account = account_to_pace(ledger, self._settings.base_url, fingerprint(self._key))
                log = Log(ledger, account, "contacts", self._settings.requests_per_hour, self._settings.burst)
            self._line = Line(target, log, self._max_wait_s)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._line = None

    @property
    def requests(self) -> int:
        """Return the number of requests made since the client was opened."""
        return self._open().requests

    def create(
        self,
        phone: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Contact:
        """Create a contact.

        Raises:
            UsageError: ``phone`` is not E.164.
            ContactExistsError, ContactRejectedError: nothing was changed.
            AnswerLostError: it may have been created; ``find`` shows it then.
        """
        new = _checked(phone=phone, first_name=first_name, last_name=last_name, email=email, metadata=metadata)
        line = self._open()
        fields = new.model_dump(exclude_none=True)
        asked = line.ask("create", lambda: line.target.create(fields), is_repeatable=False)
        exchange = self._done("create", asked.exchange)
        found = line.target.read_contact(exchange.body)
        if found is None:
            raise AnswerLostError("The API says that it created the contact and not under which id. Find it by phone.")
        return Contact.of(found)

    def bulk_create(self, contacts: Iterable[NewContact]) -> BulkResult:
        """Create up to 10,000 contacts in one request. To account for every row of a file, use ``importer run``.

        Raises:
            UsageError: no contact or more than 10,000.
            ContactRejectedError: the API refuses the request as a whole.
            AnswerLostError: all, some or none were created.
        """
        wanted = [contact.model_dump() for contact in contacts]
        if not 0 < len(wanted) <= MOST_IN_BULK:
            raise UsageError(f"A bulk request takes 1 to {MOST_IN_BULK:,} contacts, not {len(wanted):,}.")
        line = self._open()
        body = line.target.encode(_frame(wanted))
        key = secrets.token_hex(16)
        asked = line.ask("bulk", lambda: line.target.send(body, key), is_repeatable=False)
        exchange = self._done("bulk", asked.exchange)
        reply = line.target.read_reply(exchange.body)
        if reply is None:
            raise AnswerLostError("The API's answer does not say what became of the contacts. Look before you repeat.")
        return BulkResult(
            imported=reply.imported, skipped=reply.skipped, errors=reply.errors, complaints=reply.complaints
        )

    def list(self) -> Iterator[Contact]:
        """Yield every contact of the account, in the API's order; each page is requested when it is needed.

        Ends at an empty page or one without a new id, whatever total the API gives. Contacts that are created or
        deleted meanwhile can shift the pages, so that a contact is missed; none comes twice.
        """
        line = self._open()
        pages = AccountPages(partial(fetch_page, line, "list"))
        for page in unseen(self._read_page(pages.ask(number)) for number in count(1)):
            yield from map(Contact.of, page.contacts)

    def get(self, contact_id: str, *, max_requests: int = 300) -> Contact:
        """Return the contact with this id. The API documents no request for one contact, so the list is read.

        Raises:
            NoSuchContactError: the whole list was read.
            StoppedError: the account is too large for ``max_requests``.
        """
        return self._first(lambda contact: contact.contact_id == contact_id, max_requests, "id")

    def find(self, phone: str, *, max_requests: int = 300) -> Contact:
        """Return the first contact with this number, E.164; found and limited as in ``get``.

        Raises:
            NoSuchContactError: the whole list was read.
            StoppedError: the account is too large for ``max_requests``.
        """
        return self._first(lambda contact: contact.phone == phone, max_requests, "number")

    def update(self, contact_id: str, **changes: Unpack[Changes]) -> Contact | None:
        """Change the given fields and leave all others; return the contact as it is now.

        None if the API's answer does not show it.

        Raises:
            UsageError: nothing to change, or a phone that is not E.164.
            NoSuchContactError, ContactExistsError, ContactRejectedError: nothing was changed.
        """
        if not changes:
            raise UsageError("Give at least one field to change.")
        if "phone" in changes:
            _checked(phone=changes["phone"])
        line = self._open()
        asked = line.ask("update", lambda: line.target.update(contact_id, changes), is_repeatable=True)
        exchange = self._done("update", asked.exchange)
        found = line.target.read_contact(exchange.body)
        return None if found is None else Contact.of(found)

    def delete(self, contact_id: str) -> None:
        """Delete a contact.

        Raises:
            NoSuchContactError: there is none with this id (any more).
        """
        line = self._open()
        answer = line.ask("delete", lambda: line.target.delete(contact_id), is_repeatable=True)
        # 404 after a lost answer: the earlier try deleted it.
        if not (answer.was_lost_before and answer.exchange.status == 404):
            self._done("delete", answer.exchange)

    def _open(self) -> Line:
        """Return the line to the account; raise if the client is not open."""
        if self._line is None:
            raise UsageError("Open the client first: with ContactsClient() as client: …")
        return self._line

    def _done(self, kind: str, exchange: Exchange) -> Exchange:
        """Return the exchange if the API did what was asked; raise what its answer means otherwise."""
        target = self._open().target
        verdict = classify(exchange, may_be_applied=False)
        # Some services answer 200 and say "no" in the body.
        if verdict is Verdict.ANSWERED and target.says_no(exchange.body):
            verdict = Verdict.REFUSED
        if verdict is not Verdict.ANSWERED:
            raise failure(exchange, verdict, target, is_of_one=kind in ("update", "delete"))
        return exchange

    def _read_page(self, exchange: Exchange) -> Page:
        """Return the page in an answer; raise if it has none."""
        page = self._open().target.read_page(self._done("list", exchange).body)
        if page is None:
            raise UnavailableError("The API's answer is no list of contacts. Check --base-url.")
        return page

    def _first(self, is_wanted: Callable[[Contact], bool], max_requests: int, what: str) -> Contact:
        """Return the first contact of the list that is wanted; ``what`` names in errors by what it is found."""
        before = self.requests
        for contact in self.list():
            if is_wanted(contact):
                return contact
            if self.requests - before > max_requests:
                raise StoppedError(
                    f"The account is too large: {max_requests:,} requests did not show a contact with this {what}. "
                    "Allow more of them."
                )
        raise NoSuchContactError(f"The account has no contact with this {what}.")


def _checked(**fields: Any) -> NewContact:
    """Return a contact with these fields; raise ``UsageError`` naming those that it cannot have."""
    try:
        return NewContact(**fields)
    except ValidationError as error:
        flaws = {str(flaw["loc"][0]) for flaw in error.errors()}
        raise UsageError(
            f"Not a contact's {' and '.join(sorted(flaws))}: a phone is E.164, such as +14155550123; all else is text."
        ) from None


def _frame(contacts: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return contacts as a frame of texts, as ``Target.encode`` takes it."""
    names = ("phone", "first_name", "last_name", "email")
    rows = [(*(contact[name] for name in names), _json(contact["metadata"])) for contact in contacts]
    return pl.DataFrame(rows, schema=dict.fromkeys((*names, "metadata"), pl.String), orient="row")


def _json(metadata: Mapping[str, Any] | None) -> str | None:
    """Return metadata as compact JSON; None if it is None or empty."""
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":")) if metadata else None
