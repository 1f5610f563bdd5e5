"""Python calls know every setting, and the package names what it offers."""

import subprocess
import sys

import importer
from importer.settings.options import Options
from importer.settings.settings import Settings

_ARGUMENTS = {"region", "map", "target", "runs"}
"""Settings that are arguments of their own."""


def test_every_setting_is_a_keyword_argument() -> None:
    """A setting that is added to ``Settings`` needs a line in ``settings/options.py``."""
    assert Options.__annotations__.keys() | _ARGUMENTS == Settings.model_fields.keys()


def test_every_public_name_is_there() -> None:
    """``__all__`` and what can be loaded agree."""
    assert {name: getattr(importer, name, None) is not None for name in importer.__all__} == dict.fromkeys(
        importer.__all__, True
    )


def test_importing_the_package_loads_nothing() -> None:
    """No polars, no pydantic, no httpx before a name is asked for."""
    shown = "import sys; before = set(sys.modules); import importer; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['importer']"
