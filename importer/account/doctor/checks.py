"""The checks that change nothing: this machine's side first, then what one key sees of one address."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from importer.account.contact_list import fetch_page
from importer.account.doctor.findings import Finding, State
from importer.account.failures import failure
from importer.account.session import Line, Log
from importer.account.whose import account_to_pace
from importer.delivery import Ledger
from importer.delivery.account_pages import AccountPages
from importer.delivery.classify import Verdict, classify
from importer.delivery.ledger.capabilities import capabilities
from importer.delivery.pacing import server_time
from importer.errors import ImporterError
from importer.settings.key import fingerprint
from importer.settings.settings import Settings
from importer.storage.run_folder import LEDGER
from importer.system import children
from importer.system.private import knows_rights
from importer.targets import Exchange, Page, checked_base_url, open_target

_LARGEST_SKEW_S = 60.0
_PROOF_S = 30


def examine(settings: Settings, key: SecretStr | None) -> Iterator[Finding]:
    """Yield the finding of every check in order; a check that needs an earlier one that failed is left out."""
    yield _folder(settings.runs)
    yield _bounds()
    with ExitStack() as stack:
        try:
            address = checked_base_url(settings.base_url, may_be_private=settings.private_network)
            ledger = stack.enter_context(Ledger.open(settings.runs / LEDGER))
        except ImporterError as error:
            yield Finding(check="address and ledger", state=State.FAIL, seen=str(error))
            return
        yield Finding(check="ledger", state=State.OK, seen="whole, and can be written")
        if key is None:
            advice = f"Set {settings.key_variable}; without an account, try importer run FILE --sandbox."
            yield Finding(check="key", state=State.FAIL, seen="there is none", advice=advice)
            return
        account = account_to_pace(ledger, settings.base_url, fingerprint(key))
        target = stack.enter_context(open_target(settings, key))
        line = Line(target, Log(ledger, account, "doctor", settings.requests_per_hour, settings.burst))
        yield from _account(line, settings, is_secure=address.startswith("https://"))
        for name, capability in capabilities(ledger, account).items():
            date = datetime.fromtimestamp(capability.proven_at, UTC)
            seen = f"{capability.value} (write check of {date:%Y-%m-%d})"
            yield Finding(check=name, state=State.OK, seen=seen)


def _folder(runs: Path) -> Finding:
    """Check that the folder of runs can be written, and by its owner alone."""
    try:
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=runs) as file:
            file.write(b"x")
        is_private = runs.stat().st_mode & 0o077 == 0 or not knows_rights()
    except OSError as error:
        advice = "Give permission or make room, or name another folder with --runs."
        return Finding(check="runs folder", state=State.FAIL, seen=os.strerror(error.errno or 0), advice=advice)
    if not is_private:
        advice = f"Contact lists are people's data: chmod 700 {runs}"
        return Finding(check="runs folder", state=State.WARN, seen="others can look into it", advice=advice)
    if not knows_rights():
        advice = "Keep it, and the key's file, in a folder of your own that you share with nobody."
        seen = "can be written; who else can look into it, and into the key's file, is not known on this system"
        return Finding(check="runs folder", state=State.WARN, seen=seen, advice=advice)
    return Finding(check="runs folder", state=State.OK, seen="can be written, by its owner alone")


def _bounds() -> Finding:
    """Check that the processes that open workbooks and Parquet files can be bounded."""
    child = children.start("importer.system.limits_proof", variables={}, stdout=subprocess.PIPE)
    unbounded = child.communicate(timeout=_PROOF_S)[0].decode().split()
    if unbounded:
        seen = f"this system does not bound the {' and '.join(unbounded)} of processes that open workbooks"
        advice = "A damaged or hostile file may take more of the machine than elsewhere; it is given up after its time."
        return Finding(check="parsers", state=State.WARN, seen=seen, advice=advice)
    return Finding(check="parsers", state=State.OK, seen="processes that open workbooks are bounded")


def _account(line: Line, settings: Settings, *, is_secure: bool) -> Iterator[Finding]:
    """Yield the checks of what the key can do at the address; all with read requests."""
    try:
        exchange = fetch_page(line, "probe", 1, 1)
    except ImporterError as error:
        yield Finding(check="API", state=State.FAIL, seen=str(error))
        return
    verdict = classify(exchange, may_be_applied=False)
    secure = "the certificate holds" if is_secure else "not encrypted; this machine only"
    state = State.FAIL if exchange.is_untrusted else State.OK
    yield Finding(check="TLS", state=state, seen=exchange.trouble if state is State.FAIL else secure)
    if verdict is not Verdict.ANSWERED:
        advice = "The key may lack the scope contacts:read; reading back needs it." if exchange.status == 403 else ""
        seen = str(failure(exchange, verdict, line.target))
        yield Finding(check="key", state=State.FAIL, seen=seen, advice=advice)
        return
    yield Finding(check="key", state=State.OK, seen="the API takes it")
    write = "; contacts:write shows when something is written (--write-check PHONE)"
    yield Finding(check="scopes", state=State.OK, seen=f"contacts:read{write}")
    yield _clock(exchange)
    yield _limits(exchange, settings)
    yield from _list(line)


def _clock(exchange: Exchange) -> Finding:
    """Compare this machine's clock with the API's."""
    theirs = server_time(exchange.headers)
    if theirs is None:
        advice = "Contacts are dated by the API: undo and reading back need its clock."
        return Finding(check="clock", state=State.WARN, seen="the API does not tell its time", advice=advice)
    skew = theirs - time.time()
    if abs(skew) > _LARGEST_SKEW_S:
        advice = "Set this machine's clock; the importer reckons with the difference meanwhile."
        return Finding(check="clock", state=State.WARN, seen=f"{skew:+.0f} s from the API's", advice=advice)
    return Finding(check="clock", state=State.OK, seen="within a minute of the API's")


def _limits(exchange: Exchange, settings: Settings) -> Finding:
    """Compare the pace with the limit that the API gives."""
    shown = {name: exchange.headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining")}
    limit = shown["limit"]
    if not limit.isdecimal():
        seen = f"not told; {settings.requests_per_hour:,} an hour are kept to"
        return Finding(check="limits", state=State.OK, seen=seen)
    left = f", {int(shown['remaining']):,} left" if shown["remaining"].isdecimal() else ""
    seen = f"{int(limit):,} requests in the API's window{left}"
    if int(limit) < settings.requests_per_hour:
        advice = f"Lower the pace: export IMPORTER_REQUESTS_PER_HOUR={int(int(limit) * 0.9)}"
        return Finding(check="limits", state=State.WARN, seen=seen, advice=advice)
    return Finding(check="limits", state=State.OK, seen=seen)


def _list(line: Line) -> Iterator[Finding]:
    """Yield the checks of the account's list: its form, the size of a page, and that a second page goes on."""
    pages = AccountPages(partial(fetch_page, line, "probe"))
    page, asked = _page(line, pages.ask(1)), pages.size
    if page is None:
        advice = "Reading back, undo and contacts get cannot work; an import can."
        yield Finding(check="list", state=State.WARN, seen="its form is not understood", advice=advice)
        return
    total = "its total is not told" if page.total is None else f"a total of {page.total:,} is told"
    dated = sum(contact.created_at is not None for contact in page.contacts)
    undated = " and contacts are not dated: undo cannot tell whose they are" if page.contacts and not dated else ""
    yield Finding(
        check="list", state=State.WARN if undated else State.OK, seen=f"its form is understood, {total}{undated}"
    )
    got = len(page.contacts)
    if got < asked and (page.total is None or got >= page.total):
        seen = f"at least {got:,}: {asked:,} were asked for and the account may hold no more"
        yield Finding(check="page size", state=State.OK, seen=seen)
        return
    yield Finding(check="page size", state=State.OK, seen=f"{got:,} ({asked:,} were asked for)")
    second = _page(line, pages.ask(2))
    known = {contact.contact_id for contact in page.contacts}
    if second is not None and any(contact.contact_id not in known for contact in second.contacts):
        yield Finding(check="pages", state=State.OK, seen="the second page goes on")
    else:
        advice = "Reading back sees no more than the first page."
        yield Finding(check="pages", state=State.WARN, seen="the second page brings nothing new", advice=advice)


def _page(line: Line, exchange: Exchange) -> Page | None:
    """Return the page in an answer; None if it has none that can be understood."""
    is_answered = classify(exchange, may_be_applied=False) is Verdict.ANSWERED
    return line.target.read_page(exchange.body) if is_answered else None
