"""Workbooks with a password, decrypted in memory with the extra ``office`` and a password from the environment.

The password goes nowhere else: not into an argument, a log record, a message or a file.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from importer.errors import ReadError
from importer.settings.settings import OFFICE_PASSWORD_VARIABLE
from importer.system.opening import knows_descriptors, memory_file, place_of

_DEFAULT = "VelvetSweatshop"
"""The password with which Excel encrypts a workbook of protected sheets; Excel opens such a file without asking."""

_OPEN: list[IO[bytes]] = []
"""What was decrypted: open as long as this process lives."""
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
    if not knows_descriptors():
        raise ReadError(
            "is locked by a password, and this system has no files without a name to decrypt it into: open it, save it "
            "without the password, and import that file."
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
            plain = memory_file("workbook")
            locked.decrypt(plain)
        except (InvalidKeyError, DecryptionError):
            return None
    plain.flush()
    _OPEN.append(plain)
    return place_of(plain)
