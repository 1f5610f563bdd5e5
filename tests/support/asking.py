"""Settings of a list beside its folder of runs."""

from pathlib import Path
from typing import Any

from importer.settings.settings import Settings


def settings_of(file: Path, **flags: Any) -> Settings:
    return Settings(runs=file.parent / "runs", **flags)
