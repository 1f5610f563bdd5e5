"""``review``: the desk, its address and the browser."""

import webbrowser
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.loading import loaded
from importer.cli.text import printable
from importer.desk.application import Manner
from importer.desk.server import DeskServer
from importer.reports.wording import headline
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary
from importer.system.machine import user_name


def serve_desk(  # noqa: PLR0913 - one parameter an option
    name: str, flags: dict[str, Any], *, who: str | None, is_masked: bool, is_read_only: bool, opens: bool
) -> int:
    """Carry out ``importer review``; return 0 when it was ended.

    Raises:
        UsageError: there is no such run, it has no rows yet, or no port is free.
    """
    folder = RunFolder.find(loaded(flags).runs, name)
    folder.check_written()
    console = Console(stderr=True)
    server = DeskServer(folder, Manner(who or _user(), is_masked, is_read_only))

    def ready(address: str) -> None:
        console.print(Text(f"{printable(headline(Summary.read(folder.path)))}.", style="bold"), soft_wrap=True)
        console.print(Text(f"The desk is open, once, at {address}"), soft_wrap=True)
        console.print("Only this machine reaches it. Ctrl-C ends it; it ends by itself after 30 minutes without use.")
        if opens:
            webbrowser.open(address)

    server.serve_until_stopped(ready)
    console.print("The desk ended, as nobody used it." if server.was_idle else "The desk ended.")
    return 0


def _user() -> str:
    """Return the name of the system's user, as far as it has one."""
    return user_name() or "somebody"
