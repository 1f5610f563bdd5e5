"""The child of ``EmbeddedSandbox``: ``python -m importer.sandbox FILE SCENARIO``, the key in ``VOXPRIA_API_KEY``.

Its first line on stdout is the base URL, or what kept it from starting; it ends when its stdin does.
"""

import os
import sys
from pathlib import Path

from importer.errors import UsageError
from importer.sandbox.behaviour import Behaviour
from importer.sandbox.embedded import KEY_VARIABLE
from importer.sandbox.server import serve


def main(db: str, scenario: str) -> int:
    """Serve until stdin closes."""
    try:
        serve(
            db=Path(db),
            port=0,
            key=os.environ[KEY_VARIABLE],
            behaviour=Behaviour.parse(scenario=scenario),
            on_ready=_say,
            until_stdin_closes=True,
        )
    except UsageError as error:
        _say(str(error))
        return error.exit_code
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
