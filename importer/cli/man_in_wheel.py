"""A hook of the build: the wheel has the man page among its data, where ``man`` finds it in an environment."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPage(BuildHookInterface[Any]):
    """Writes the page before a wheel is built, and removes it afterwards; an editable installation has none."""

    _folder: str | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the page of the source that is built, and add it to the wheel's data."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from importer.cli.man import man_page  # noqa: PLC0415 - only now is the source at hand

        self._folder = tempfile.mkdtemp()
        page = Path(self._folder, "importer.1")
        page.write_text(man_page(), "utf-8")
        page.chmod(0o644)
        build_data["shared_data"][str(page)] = "share/man/man1/importer.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove the page: the wheel has it."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
