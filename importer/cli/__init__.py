"""The command line: arguments, printing and exit codes. Nothing else prints."""

import gc
import os
import sys

# Before anything else is imported, because imports are most of a small run.
gc.set_threshold(1_000_000, 50, 100)  # imports and long lists make many objects, and hardly a cycle
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads for an algebra that nobody here needs
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none is looked for: no other program sees the data
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # httpx's own command, and all that it loads

from importer.cli.app import main  # noqa: E402

__all__ = ["main"]
