"""``doctor``: the findings, one line each."""

import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.account import ContactsClient
from importer.account.doctor import Finding, State, examine
from importer.account.doctor.write_check import write_check
from importer.account.whose import Whose, settle_account
from importer.cli.loading import loaded
from importer.cli.questions import account_asker, confirm
from importer.cli.text import printable
from importer.delivery import Ledger
from importer.delivery.ledger.capabilities import remember
from importer.errors import UsageError
from importer.settings.key import fingerprint, load_key
from importer.settings.settings import Settings
from importer.stages.phones.typed import read_number
from importer.storage.run_folder import LEDGER

_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


def run_doctor(flags: dict[str, Any], phone: str | None, *, is_sure: bool, as_json: bool) -> int:
    """Carry out ``importer doctor``; return 0, or 2 if a check failed."""
    settings = loaded(flags)
    if phone is not None:
        _write_check(settings, read_number(phone, settings.region), is_sure=is_sure)
    findings = []
    console = Console()
    for finding in examine(settings, load_key(settings.key_variable)):
        findings.append(finding)
        if not as_json:
            _print(console, finding)
    if as_json:
        sys.stdout.write(json.dumps([finding.model_dump(mode="json") for finding in findings], indent=2) + "\n")
    return UsageError.exit_code if any(finding.state is State.FAIL for finding in findings) else 0


def _write_check(settings: Settings, phone: str, *, is_sure: bool) -> None:
    key = load_key(settings.key_variable)
    with ContactsClient(settings=settings, max_wait_s=settings.max_wait) as client:
        proven = write_check(client, phone, lambda question: confirm(question, is_sure=is_sure))
    if key is not None:
        with Ledger.open(settings.runs / LEDGER) as ledger:
            whose = Whose(settings.account, account_asker())
            name = settle_account(ledger, settings.base_url, fingerprint(key), whose)
            remember(ledger, ledger.account(settings.base_url, fingerprint(key), name), proven, time.time())


def _print(console: Console, finding: Finding) -> None:
    line = Text.assemble(
        (f"{finding.state.value:<4}  ", _STYLES[finding.state]), (f"{finding.check}: ", "bold"), printable(finding.seen)
    )
    console.print(line, soft_wrap=True)
    if finding.advice:
        console.print(Text(f"      {printable(finding.advice)}", style="dim"), soft_wrap=True)
