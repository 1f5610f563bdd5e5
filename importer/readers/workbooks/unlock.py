"""Workbooks with a password, decrypted in memory with the extra ``office`` and a password from the environment.

The password goes nowhere else: not into an argument, a log record, a message or a file.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from importer.errors import ReadError
from importer.settings.settings import OFFICE_PASSWORD_VARIABLE

_DEFAULT = "VelvetSweatshop"
"""The password with which Excel encrypts a workbook of protected sheets; Excel opens such a file without asking."""

_ELSE = "or open it, save it without the password, and import that file"


def unlocked(path: Path) -> Path:
    """Return a path to the decrypted workbook, in memory or in a file without a name; valid while this process lives.

    Raises:
        ReadError: there is no password or not the right one, the extra is missing, or the file is damaged.
    """
    if find_spec("msoffcrypto") is None:
        raise ReadError(
            f"is locked by a password. Install what opens it (pip install msoffcrypto-tool) and put the "
            f"password into the environment variable {OFFICE_PASSWORD_VARIABLE}, {_ELSE}."
        )
    password = os.environ.get(OFFICE_PASSWORD_VARIABLE)
    for attempt in filter(None, (password, _DEFAULT)):
        if (opened := _opened(path, attempt)) is not None:
            return opened
    if password:
        raise ReadError(
            f"is locked by a password, and {OFFICE_PASSWORD_VARIABLE} does not hold the right one. Correct it, {_ELSE}."
        )
    raise ReadError(
        f"is locked by a password. Put it into the environment variable {OFFICE_PASSWORD_VARIABLE}, {_ELSE}."
    )


def _opened(path: Path, password: str) -> Path | None:
    """Return a path to the decrypted workbook; None if the password is wrong."""
    import msoffcrypto  # noqa: PLC0415 - an extra
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError  # noqa: PLC0415

    with path.open("rb") as file:
        try:
            locked = msoffcrypto.OfficeFile(file)
            locked.load_key(password=password, **({"verify_password": True} if locked.format == "ooxml" else {}))
            plain = _memory()
            locked.decrypt(plain)
        except (InvalidKeyError, DecryptionError):
            return None
    plain.flush()
    return Path(f"/dev/fd/{os.dup(plain.fileno())}")


def _memory() -> IO[bytes]:
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("workbook"), "w+b")
    return TemporaryFile()
