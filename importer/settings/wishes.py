"""The words of each setting for people: ``--help``, profiles and the schema use the same.

Apart from ``settings``, because ``--help`` must be immediate and pydantic takes long to load.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Wish:
    """A setting as a person meets it.

    Attributes:
        text: what it does, with its unit and default.
        metavar: what stands for its value after the flag; empty for a switch.
        kind: type of the flag's value; None if there is no flag, only environment and profiles.
    """

    text: str
    metavar: str = ""
    kind: Any = None


WISHES = {
    "region": Wish("Country of numbers written without one: US, GB, DE ... A country column beats it.", "CC", str),
    "map": Wish(
        "Which column fills phone, first_name, last_name, full_name, email, country or consent. Repeat it; several for "
        "phone are tried in order; nothing after the = leaves a field out.",
        "FIELD=COLUMN",
        list[str],
    ),
    "sheet": Wish("Only this sheet of a workbook (default: every sheet).", "NAME", str),
    "suppress": Wish(
        "Numbers that must never be sent, any format that can be imported. Repeat it for several; they are read again "
        "whenever the run is gone on with.",
        "FILE",
        list[Path],
    ),
    "suppress_max_shrink": Wish("The largest share of its numbers that a list may lose from start to start of a job."),
    "suppress_max_age_days": Wish("Days after which a suppression list that was not written anew stops the run."),
    "attestation": Wish(
        "Your word on consent, such as: all of them signed the form of May. It is recorded with who gave it and when.",
        "TEXT",
        str,
    ),
    "keep": Wish(
        "Which row of a number survives: first (the default), last, most-complete, or merge (the first, its empty "
        "fields filled from the others).",
        "ROW",
        str,
    ),
    "on_existing": Wish(
        "Contacts that the account has already: leave them (default), or update them (a request for each).",
        "skip|update",
        str,
    ),
    "skip_unreadable": Wish(
        "Leave out files that cannot be read, where others can (exit code 3 or more); else nothing is sent then.",
        kind=bool,
    ),
    "sandbox": Wish("Import into an embedded local API: no account needed.", kind=bool),
    "dry_run": Wish("All but the sending.", kind=bool),
    "needs_approval": Wish("Prepare, and send nothing before a person has approved it (importer approve).", kind=bool),
    "approvers": Wish(
        "People who have to approve the plan: 1 (the default), or 2 different ones, neither of them who started the "
        "run; 2 asks for approval by itself.",
        "N",
        int,
    ),
    "account": Wish(
        "Name of the account, which outlives keys and hosts (default: the API's host). Needed where nobody can be "
        "asked whether a new key leads to a known account.",
        "NAME",
        str,
    ),
    "base_url": Wish("The API's address, without /api/v1.", "URL", str),
    "target": Wish(
        "Another API, described in a TOML file; its address and limits are the defaults then.", "API.toml", Path
    ),
    "ca_file": Wish("Certificates (PEM) of an authority of your own that signed the API's.", "FILE.pem", Path),
    "client_cert": Wish("Certificate and key (PEM, in one file) that this machine shows to the API.", "FILE.pem", Path),
    "proxy": Wish(
        "Proxy that requests to the API go through, by CONNECT; env: that of HTTPS_PROXY (default: none, whatever the "
        "environment says).",
        "URL|env",
        str,
    ),
    "private_network": Wish("The API's address may lie inside a private network.", kind=bool),
    "batch_size": Wish("Contacts in a request, at most 10,000 (the default).", "N", int),
    "in_flight": Wish("Batches under way at once (default: 1).", "N", int),
    "verify": Wish(
        "Settle what is unconfirmed by reading the account back (default: auto); always: look, too, whether what the "
        "API confirmed is there.",
        "auto|never|always",
        str,
    ),
    "verify_requests": Wish("Requests that reading the account, or --exact, may take (default: 300).", "N", int),
    "exact": Wish(
        "One contact a request, so that every answer settles its row; says first how many hours that takes, and is "
        "refused where it is more than --verify-requests.",
        kind=bool,
    ),
    "snapshot": Wish(
        "Read the account's list before sending, and send nothing that it has; refused where it is too large.",
        kind=bool,
    ),
    "quiet_time": Wish(
        "Seconds until no lost request arrives late any more, and until the account's list shows what did (default: "
        "twice the deadline).",
        "S",
        float,
    ),
    "max_error_rate": Wish("Send nothing where more than this share of rows is errored, such as 0.2.", "SHARE", float),
    "gates": Wish("What must hold of the rows before anything is sent: importer docs jobs has the rules."),
    "job": Wish("The job whose earlier runs the gates compare with."),
    "fail_on": Wish(
        "Which rows make the exit code other than 0: errored or unconfirmed ones (errored, the default), only "
        "unconfirmed ones, or none (never); a run that stopped always does.",
        "never|errored|unconfirmed",
        str,
    ),
    "full_workbooks": Wish("Every row in the workbooks, not only the first 5,000.", kind=bool),
    "max_memory": Wish(
        "Memory that the import may take, 512 at least (default: a quarter of the machine's).", "MB", int
    ),
    "runs": Wish("Folder of runs and their ledger (default: runs).", "DIR", Path),
    "deadline": Wish("Seconds that one request may take in all."),
    "requests_per_hour": Wish("Pace; the API documents 1,000 an hour for a key."),
    "max_wait": Wish("Seconds to wait for the API in one go before the run stops."),
    "workers": Wish(
        "Processes that prepare a large list (default: one a core where there are three or more, 8 at most, as far as "
        "the memory goes); 1: this one alone.",
        "N",
        int,
    ),
    "engine": Wish(
        "Where rows are prepared: on this machine (auto, default), or by a cluster (spark): importer docs engines.",
        "auto|spark",
        str,
    ),
    "spark": Wish(
        "Address of the cluster's Spark Connect (default: SPARK_REMOTE, else an engine within this process).",
        "sc://HOST",
        str,
    ),
    "chunk_rows": Wish("Most rows worked on at a time."),
}
"""Every setting; ``importer.settings.settings.Settings`` has a field for each."""


GROUPS = {
    "What is in the files": ("region", "map", "sheet", "keep", "skip_unreadable"),
    "Who is not sent, and when nothing is": (
        *("suppress", "suppress_max_age_days", "attestation", "dry_run", "sandbox", "needs_approval"),
        "approvers",
        *("max_error_rate", "gates", "snapshot", "exact", "on_existing"),
    ),
    "The API": (
        *("account", "base_url", "target", "ca_file", "private_network", "batch_size", "in_flight"),
        *(
            "verify",
            "verify_requests",
            "quiet_time",
            "deadline",
            "requests_per_hour",
            "max_wait",
            "client_cert",
            "proxy",
        ),
    ),
    "Output and machine": (
        *("fail_on", "full_workbooks", "max_memory", "workers", "engine", "spark", "chunk_rows", "runs"),
    ),
}
"""The groups in which ``--help`` lists the settings; what has no group stands under "Options"."""


def group(name: str) -> str | None:
    """Return the group of a setting; None if it has none."""
    return next((title for title, names in GROUPS.items() if name in names), None)


def text(name: str) -> str:
    """Return the description of a setting."""
    return WISHES[name].text
