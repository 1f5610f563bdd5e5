"""The desk's server: on this machine's loopback address alone, ended when nobody has used it for a while."""

import time
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from importer.desk.application import Desk, Manner
from importer.desk.approving import Approving
from importer.desk.changing import Changing
from importer.desk.checking import Checking
from importer.desk.fixing import Fixing
from importer.desk.guard import Guard
from importer.desk.looking import Looking
from importer.desk.screens import Screens
from importer.desk.sending import Sending
from importer.desk.under_way import UnderWay
from importer.errors import UsageError
from importer.storage.run_folder import RunFolder
from importer.system.loopback import HOST, LoopbackServer, bound

IDLE_S = 30 * 60.0
_POLL = "/news"
"""What a page asks by itself, which does not count as use."""


class DeskServer(LoopbackServer):
    """The desk over one run, bound to a free port; ``opening`` is the address that opens it, once.

    Args:
        folder: the run's; its rows must be written.
        manner: of this desk.
        idle_s: seconds without use after which it ends.

    Raises:
        UsageError: no port is free.
    """

    def __init__(self, folder: RunFolder, manner: Manner, idle_s: float = IDLE_S) -> None:
        try:
            listening = bound(0)
        except OSError as error:
            raise UsageError(f"The desk cannot listen on {HOST} ({error.strerror}).") from None
        desk = Desk(folder, manner)
        checking, self._under_way = Checking(desk), UnderWay()
        screens = (
            Screens(desk),
            Changing(desk),
            Fixing(desk),
            Looking(desk),
            checking,
            Sending(desk, checking, self._under_way),
            Approving(desk, self._under_way),
        )
        application = desk.application([route for screen in screens for route in screen.routes()])
        self._guard = Guard(application, f"{HOST}:{listening.getsockname()[1]}")
        self._idle_s = idle_s
        self._used_at = time.monotonic()
        super().__init__(self._counted, listening)
        self.opening = f"{self.url}/?token={self._guard.token}"
        self.was_idle = False

    def serve_until_stopped(self, on_ready: Callable[[str], None] | None = None) -> None:
        """Serve until stopped or idle; call ``on_ready`` with the address that opens the desk.

        A run that the desk has begun is stopped in good order, and awaited.
        """
        try:
            super().serve_until_stopped(None if on_ready is None else lambda _: on_ready(self.opening))
        finally:
            self._under_way.end()

    async def on_tick(self, counter: int) -> bool:
        """End the server if nobody has used it for long; a run that it has begun is use."""
        if self._under_way.is_busy:
            self._used_at = time.monotonic()
        if time.monotonic() - self._used_at > self._idle_s:
            self.was_idle = self.should_exit = True
        return await super().on_tick(counter)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != _POLL:
            self._used_at = time.monotonic()
        await self._guard(scope, receive, send)
