"""The sandbox's contents as one page of HTML without scripts; every value is escaped."""

import json
import time
from collections.abc import Iterable, Sequence
from html import escape

from importer.sandbox.store import Contact, LoggedRequest, Store

_NEWEST = 50
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; color: #1d2733; }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } caption { text-align: left; color: #5b6875 }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e3e8ee; vertical-align: top }
td { overflow-wrap: anywhere } td:nth-child(1), td:nth-child(2), td:nth-child(7) { white-space: nowrap }
th { color: #5b6875; font-weight: 600 }
"""


def render(store: Store) -> str:
    """Render the page: counts, the newest contacts and the newest requests, newest first."""
    contacts, requests = store.count(), store.requests(_NEWEST)[::-1]
    newest = store.contacts(limit=_NEWEST, order="newest-first")
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Contacts API sandbox</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>Contacts API sandbox: {contacts:,} contact{'' if contacts == 1 else 's'}</h1>",
            f"<h2>Newest contacts</h2>{_table(_CONTACT_HEADS, map(_contact_cells, newest))}",
            f"<h2>Newest requests</h2>{_table(_REQUEST_HEADS, map(_request_cells, requests))}",
            "</body></html>",
        ]
    )


_CONTACT_HEADS = ("Id", "Phone", "First name", "Last name", "E-mail", "Metadata", "Created")
_REQUEST_HEADS = ("No.", "Time (UTC)", "Request", "Contacts", "Status", "Fault")


def _contact_cells(contact: Contact) -> Sequence[str]:
    return (
        contact.contact_id,
        contact.phone,
        contact.first_name or "",
        contact.last_name or "",
        contact.email or "",
        json.dumps(contact.metadata, ensure_ascii=False) if contact.metadata else "",
        contact.created_at,
    )


def _request_cells(request: LoggedRequest) -> Sequence[str]:
    return (
        str(request.number),
        time.strftime("%H:%M:%S", time.gmtime(request.at)),
        f"{request.method} {request.path}",
        f"{request.contacts:,}" if request.contacts else "",
        "reset" if request.status is None else str(request.status),
        request.fault or "",
    )


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>\n" for cells in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"
