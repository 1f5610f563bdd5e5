"""The folders that a system has for what belongs to its user."""

import os
import sys
from pathlib import Path


def settings_folder() -> Path:
    """Return the folder in which programs keep the user's settings; it need not be there."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - without a home it stays "~", where no file is
    if given := os.environ.get("XDG_CONFIG_HOME"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    return home / ("Library/Application Support" if sys.platform == "darwin" else ".config")
