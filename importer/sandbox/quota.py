"""The hourly limit: a window that opens with its first request, and the headers that tell of it."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate

from importer.sandbox.answers import Answer, refusal
from importer.sandbox.behaviour import Behaviour
from importer.sandbox.store import Store


class Quota:
    """Counts the requests of the current window, also those that an earlier start on the same file answered."""

    def __init__(self, behaviour: Behaviour, store: Store, clock: Callable[[], float]) -> None:
        self._behaviour = behaviour
        self._clock = clock
        now = clock()
        self._used, first = store.requests_since(now - behaviour.rate_window_s)
        self._reset_at = (now if first is None else first) + behaviour.rate_window_s

    def take(self) -> bool:
        """Count one request; return True if the window had room for it."""
        now = self._clock()
        if now >= self._reset_at:
            self._used, self._reset_at = 0, now + self._behaviour.rate_window_s
        if self._used >= self._behaviour.rate_limit:
            return False
        self._used += 1
        return True

    def told(self, answer: Answer) -> Answer:
        """Return the answer with the rate-limit headers that the vendor documents on all of them."""
        if self._behaviour.rate_header == "none":
            return answer
        limit = self._behaviour.rate_limit
        headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(limit - self._used)}
        return replace(answer, headers=headers | {"X-RateLimit-Reset": self._reset(self._reset_at)} | answer.headers)

    def refused(self, wait_s: float | None = None) -> Answer:
        """Return a 429 that asks for ``wait_s`` seconds, or for all that is left of the window."""
        wait = math.ceil(self._reset_at - self._clock() if wait_s is None else wait_s)
        answer = refusal(self._behaviour, 429, "rate_limit_exceeded", "too many requests")
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": self._reset(self._clock() + wait)}
        match self._behaviour.rate_header:
            case "none":
                headers = {}
            case "retry-after":
                headers["Retry-After"] = str(wait)
            case "retry-after-date":
                headers["Retry-After"] = formatdate(math.ceil(self._clock() + wait), usegmt=True)
            case "body":
                body = {"success": False, "error": {"code": "rate_limit_exceeded", "retryAfter": wait}}
                answer = replace(answer, body=json.dumps(body).encode(), media_type="application/json")
        return replace(answer, headers=headers)

    def _reset(self, at: float) -> str:
        match self._behaviour.rate_header:
            case "epoch-ms":
                return str(math.ceil(at * 1000))
            case "delta":
                return str(max(0, math.ceil(at - self._clock())))
            case _:
                return str(math.ceil(at))
