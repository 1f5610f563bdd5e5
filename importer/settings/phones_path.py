"""How phone numbers are read: ``IMPORTER_PHONES``, an environment variable and no field of ``Settings``.

Both paths give the same numbers, so a run does not record which one it took, and may be resumed on the other.
"""

import os

from importer.errors import UsageError

PHONES_VARIABLE = "IMPORTER_PHONES"
_PLAIN = "plain"


def is_plain() -> bool:
    """Return True if ``phonenumbers`` alone is to read every number; False if the variable is empty or not set.

    Raises:
        UsageError: the variable holds something else.
    """
    selected = os.environ.get(PHONES_VARIABLE, "")
    if selected not in ("", _PLAIN):
        raise UsageError(
            f"The environment variable {PHONES_VARIABLE} says how phone numbers are read. It may be {_PLAIN} "
            "(phonenumbers alone reads each number, which is slow); otherwise leave it out."
        )
    return selected == _PLAIN
