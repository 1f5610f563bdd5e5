"""Who is let in: whoever holds this start's secret, from this machine, by the address that was opened.

A page of another site can make a browser send requests to 127.0.0.1. So every request must name this host (no name
that was pointed here), all but the first need the cookie, and what changes something must come from our own page.
"""

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READS = ("GET", "HEAD")
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",  # people's data stays out of the browser's cache
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Wraps the application; ``token`` opens it once, and is a cookie from then on."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host
        self._cookie = f"importer-desk-{host.rpartition(':')[2]}"  # cookies do not tell ports apart
        self._secret = secrets.token_urlsafe(32)
        self.token = secrets.token_urlsafe(32)
        self._is_spent = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        response = self._refusal(scope)
        await (response or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that is not let through; None if it is."""
        headers = Headers(scope=scope)
        if headers.get("host") != self._host:
            return PlainTextResponse("This address is not the desk's.", 421)
        if scope["method"] not in _READS:
            if headers.get("origin") != f"http://{self._host}":
                return PlainTextResponse("This request does not come from the desk's own page.", 403)
            if headers.get("sec-fetch-site", "same-origin") != "same-origin":
                return PlainTextResponse("This request does not come from the desk's own page.", 403)
        if self._is_known(headers):
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        is_first = scope["path"] == "/" and scope["method"] == "GET"
        if is_first and not self._is_spent and secrets.compare_digest(given.encode(), self.token.encode()):
            self._is_spent = True
            opened = RedirectResponse("/", 303)
            opened.set_cookie(self._cookie, self._secret, httponly=True, samesite="strict", path="/")
            return opened
        return PlainTextResponse(
            "The desk opens for whoever started it, by the address that was printed, once.\n"
            "To open it in another browser, end it with Ctrl-C and type importer review again.",
            403,
        )

    def _is_known(self, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return morsel is not None and secrets.compare_digest(morsel.value.encode(), self._secret.encode())


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return sending
