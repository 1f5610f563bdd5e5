"""The HTTP side of the sandbox: key, quota, faults and latency around the five endpoints, and a page for people."""

import asyncio
import base64
import binascii
import hmac
import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from importer.sandbox import operations
from importer.sandbox.answers import Answer, html_answer, refusal
from importer.sandbox.behaviour import Behaviour, FaultKind
from importer.sandbox.dress import DRESSES
from importer.sandbox.page import render
from importer.sandbox.quota import Quota
from importer.sandbox.store import Store

Reset = Callable[[tuple[str, int]], None]
"""Resets the connection from this host and port, without an answer."""


class Api:
    """The endpoints of one running sandbox; requests are numbered from 1 on, those without the key left out.

    Args:
        reset: resets a connection, for faults.
        clock: seconds since the epoch.
    """

    def __init__(
        self, store: Store, key: str, behaviour: Behaviour, reset: Reset, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._key = key.encode()
        self._behaviour = behaviour
        self._reset = reset
        self._dress = DRESSES[behaviour.dress]
        self._quota = Quota(behaviour, store, clock)
        self._numbers = itertools.count(1)

    def application(self) -> Starlette:
        """Build the ASGI application.

        It answers to loopback names only, so that no web page reaches it by a DNS trick.
        """
        routes = [
            Route("/", self.show, methods=["GET"]),
            Route(self._dress.contacts, self.answer, methods=["GET", "POST"]),
            Route(self._dress.bulk, self.answer, methods=["POST"]),
            Route(f"{self._dress.contacts}/jobs/{{job_id}}", self.answer, methods=["GET"]),
            Route(f"{self._dress.contacts}/{{contact_id}}", self.answer, methods=[self._dress.change_method, "DELETE"]),
        ]
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False)
        return Starlette(routes=routes, middleware=[hosts])

    async def show(self, request: Request) -> Response:
        """Show what the sandbox holds to a browser that gives the key as its password."""
        if not self._has_key(request):
            ask = {"WWW-Authenticate": 'Basic realm="Sandbox: any name, and the API key as password"'}
            return Response("The password is the API key.", 401, ask)
        return HTMLResponse(
            render(self._store), headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        )

    async def answer(self, request: Request) -> Response:
        """Answer one API request, and log it."""
        body = await request.body()
        if not self._has_key(request):
            answer, fault = refusal(self._behaviour, 401, "unauthorized", "the API key is missing or wrong"), None
        else:
            # Numbered only with the key: a schedule of faults must not shift when a stranger knocks.
            fault = self._behaviour.fault_at(next(self._numbers))
            answer = self._settle(request, body, fault)
        answer = replace(answer, body=self._dress.answer(answer.body))
        # The delay comes after the work: a client that gives up meanwhile has its contacts in the store.
        await asyncio.sleep(self._behaviour.latency_s + self._behaviour.latency_row_s * answer.contacts)
        is_reset = fault in {"reset-before-commit", "reset-after-commit"}
        self._store.log(request.method, request.url.path, None if is_reset else answer.status, answer.contacts, fault)
        if is_reset and request.client is not None:
            self._reset((request.client.host, request.client.port))
        return Response(answer.body, answer.status, answer.headers, answer.media_type)

    def _settle(self, request: Request, body: bytes, fault: FaultKind | None) -> Answer:
        if fault == "429":
            return self._quota.refused(self._behaviour.retry_after_s)
        if not self._quota.take():
            return self._quota.refused()
        if self._behaviour.scopes == ("write" if request.method == "GET" else "read"):
            scope = "contacts:read" if request.method == "GET" else "contacts:write"
            return self._quota.told(refusal(self._behaviour, 403, "forbidden", f"the key lacks the scope {scope}"))
        if fault is None:
            return self._quota.told(self._carry_out(request, body))
        return self._quota.told(self._fail(fault, partial(self._carry_out, request, body)))

    def _fail(self, fault: FaultKind, carry_out: Callable[..., Answer]) -> Answer:
        """Answer a request that goes wrong, after carrying out as much of it as its fault says."""
        answer = refusal(self._behaviour, 500, "internal_error", "internal error")
        match fault:
            case "401":
                answer = refusal(self._behaviour, 401, "unauthorized", "the API key was revoked")
            case "402":
                answer = refusal(self._behaviour, 402, "payment_required", "the account has no credits left")
            case "403":
                answer = refusal(self._behaviour, 403, "forbidden", "the key lacks the scope for this")
            case "502-html":
                answer = html_answer(502, "502 Bad Gateway")
            case "503":
                answer = refusal(self._behaviour, 503, "unavailable", "the service is down for maintenance")
                answer = replace(answer, headers={"Retry-After": str(self._behaviour.retry_after_s)})
            case "504-after-commit":
                answer = replace(html_answer(504, "504 Gateway Time-out"), contacts=carry_out().contacts)
            case "504-late-commit":
                answer = html_answer(504, "504 Gateway Time-out")
                # As a server behind a gateway that gave up: the client is answered, the work is done afterwards.
                asyncio.get_running_loop().call_later(self._behaviour.late_commit_s, carry_out)
            case "half-committed":
                answer = replace(answer, contacts=carry_out(is_cut_short=True).contacts)
            case "truncated-json" | "reset-after-commit":
                whole = carry_out()
                answer = replace(whole, body=whole.body[: len(whole.body) // 2])
        return answer

    def _carry_out(self, request: Request, body: bytes, *, is_cut_short: bool = False) -> Answer:
        store, behaviour = self._store, self._behaviour
        if behaviour.body_cap_bytes and len(body) > behaviour.body_cap_bytes:
            return refusal(behaviour, 413, "payload_too_large", "the request body is too large")
        body = self._dress.request(body)
        contact_id: str = request.path_params.get("contact_id", "")
        try:
            match request.method:
                case "GET" if "job_id" in request.path_params:
                    answer = operations.job(store, behaviour, request.path_params["job_id"])
                case "GET":
                    answer = operations.list_contacts(store, behaviour, self._dress.query(request.query_params))
                case "PUT" | "PATCH":
                    answer = operations.update(store, behaviour, contact_id, body)
                case "DELETE":
                    answer = operations.delete(store, behaviour, contact_id)
                case _ if request.url.path == self._dress.bulk:
                    answer = self._create_many(request, body, is_cut_short=is_cut_short)
                case _:
                    answer = operations.create(store, behaviour, body)
        except operations.UnreadableBody:
            answer = refusal(behaviour, 400, "invalid_json", "the request body is not a JSON object")
        return answer

    def _create_many(self, request: Request, body: bytes, *, is_cut_short: bool) -> Answer:
        key = request.headers.get("Idempotency-Key")
        if key is None or self._behaviour.idempotency == "ignored":
            return operations.create_many(self._store, self._behaviour, body, is_cut_short=is_cut_short)
        if (told := self._store.remembered(key)) is not None:
            return Answer(*told)
        answer = operations.create_many(self._store, self._behaviour, body, is_cut_short=is_cut_short)
        # Only what was carried out as a whole: a failed request may be repeated with its key.
        if answer.status < 300 and not is_cut_short:
            self._store.remember(key, answer.status, answer.body)
        return answer

    def _has_key(self, request: Request) -> bool:
        given = request.headers.get(self._dress.key_header, "")
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            given = credentials.strip()
        elif scheme.lower() == "basic" and request.url.path == "/":
            given = _password(credentials)
        return hmac.compare_digest(given.encode(), self._key)


def _password(credentials: str) -> str:
    """Return the password in a browser's ``Authorization: Basic …``; empty if it cannot be read."""
    try:
        return base64.b64decode(credentials).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
