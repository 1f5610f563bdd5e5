"""Profiles and jobs as they lie on the disk: TOML, read once, checked for what is not theirs to say."""

import tomllib
from pathlib import Path
from typing import Any

from importer.errors import UsageError
from importer.system.opening import read_named

_MOST_BYTES = 1 << 20
ADDRESS = ("base_url", "target", "ca_file", "private_network")
"""Settings that say where the key is sent; a profile may have come with the lists, from anybody."""


def read_profile(path: Path, kind: str = "profile") -> dict[str, Any]:
    """Return the content of a profile or, by ``kind``, of another TOML file of settings.

    Raises:
        UsageError: it cannot be read, is not TOML, or sets where the key is sent.
    """
    try:
        given = tomllib.loads(read_named(path, _MOST_BYTES).decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The {kind} {path} is not valid TOML: {error}.") from None
    except (OSError, UnicodeDecodeError, RecursionError):
        raise UsageError(f"The {kind} {path} cannot be read.") from None
    if names := [name for name in ADDRESS if name in given]:
        flags = " ".join(f"--{name.replace('_', '-')}" for name in names)
        variables = " ".join(f"IMPORTER_{name.upper()}" for name in names)
        raise UsageError(
            f"The {kind} {path} sets {', '.join(names)}. Where the key is sent is not for a file that may come "
            f"with the lists: give {flags}, or set {variables}."
        )
    return given
