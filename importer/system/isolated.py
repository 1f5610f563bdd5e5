"""The start of every child: ``python -P -E isolated.py MODULE ARGUMENT…`` runs a module of this package.

The package is loaded from the folder above this file, whatever else is called ``importer``. That folder's parent is
not put on ``sys.path``: a child cannot import the other files of a checkout.
"""

import runpy
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_PACKAGE = "importer"


def main() -> None:
    """Load the package from the folder above, disable core files, and run the module that the arguments name."""
    folder = Path(__file__).parents[1]
    spec = spec_from_file_location(_PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise ImportError(_PACKAGE)
    sys.modules[_PACKAGE] = package = module_from_spec(spec)
    spec.loader.exec_module(package)
    from importer.system.limits import leave_no_core_file  # noqa: PLC0415 - only now can the package be imported

    leave_no_core_file()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
