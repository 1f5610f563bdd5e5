"""The API's key: from the environment or a file, never from a command line, a profile or a log."""

import hashlib
import os
import re
from pathlib import Path

from pydantic import SecretStr

from importer.errors import UsageError
from importer.system.opening import read_named
from importer.system.private import is_private

KEY_VARIABLE = "VOXPRIA_API_KEY"
_MOST_KEY_BYTES = 1 << 16


def load_key(variable: str = KEY_VARIABLE) -> SecretStr | None:
    """Return the API key from a variable or the file that ``<variable>_FILE`` names; None if neither is set.

    Raises:
        UsageError: the key's file cannot be read or is readable by others, or the key holds characters that no HTTP
            header may hold.
    """
    key, file_variable = os.environ.get(variable), f"{variable}_FILE"
    origin = variable
    if not key and (file := os.environ.get(file_variable)):
        origin = f"the file in {file_variable}"
        key = read_secret(Path(file), origin, "The API key")
    if not key:
        return None
    # An HTTP library would quote such a key in its error, and the key must never be printed.
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise UsageError(f"The API key in {origin} holds a space, line end or other character that no key has.")
    return SecretStr(key)


def read_secret(file: Path, origin: str, what: str = "The secret") -> str:
    """Return the content of a file that its owner alone can read, without white space around it.

    Raises:
        UsageError: others can read it, or nobody can; the message names ``origin``.
    """
    try:
        place = file.expanduser()
        if not is_private(place):
            raise UsageError(
                f"Others can read {origin}. Run: chmod 600 {file}. In a container, mount it read-only and owned by "
                "root, as secrets are (importer docs install)."
            )
        return read_named(place, _MOST_KEY_BYTES).decode("utf-8").strip()
    except (OSError, RuntimeError, UnicodeDecodeError):
        raise UsageError(f"{what} cannot be read from {origin}.") from None


def fingerprint(key: SecretStr) -> str:
    """Return the name of a key in the ledger; the key cannot be found from it."""
    return hashlib.sha256(key.get_secret_value().encode()).hexdigest()[:16]
