"""``sandbox``: the local API alone."""

import os
from pathlib import Path

from rich.console import Console

from importer.errors import UsageError
from importer.sandbox import Behaviour, serve
from importer.settings.key import KEY_VARIABLE
from importer.system.opening import read_named

_KEY = "agl_sk_sandbox"
_MOST_SCENARIO_BYTES = 1 << 20


def serve_sandbox(port: int, db: Path, scenario: Path | None, switches: list[str]) -> None:
    """Carry out ``importer sandbox``; ends with Ctrl-C."""
    behaviour = Behaviour.parse(switches, _text(scenario) if scenario else "")
    console = Console(stderr=True)
    key = os.environ.get(KEY_VARIABLE, _KEY)

    def ready(url: str) -> None:
        console.print(f"The sandbox listens at {url} and keeps its contacts in {db}. Ctrl-C ends it.")
        if key == _KEY:
            console.print(f"In another terminal: export {KEY_VARIABLE}={_KEY}")
        console.print(f"Then: importer run contacts.csv --base-url {url}", soft_wrap=True)

    serve(db=db, port=port, key=key, behaviour=behaviour, on_ready=ready, until_stdin_closes=False)


def _text(scenario: Path) -> str:
    try:
        return read_named(scenario, _MOST_SCENARIO_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"The sandbox scenario {scenario} cannot be read. Give --scenario the path of a TOML file."
        ) from None
