"""The first lines of every child: ``python -P -E isolated.py MODULE ARGUMENT…`` runs a module of this very package.

The package is taken from the folder above this file, whatever else is called ``importer``, and that folder's
parent gets on no path: a checkout's other files are no modules to a child.
"""

import runpy
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_PACKAGE = "importer"


def main() -> None:
    """Load the package from beside this file, give up core files, and become the module that the arguments name."""
    folder = Path(__file__).parents[1]
    spec = spec_from_file_location(_PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise ImportError(_PACKAGE)
    sys.modules[_PACKAGE] = package = module_from_spec(spec)
    spec.loader.exec_module(package)
    from importer.system.limits import leave_no_core_file  # noqa: PLC0415 - there is no such package before

    leave_no_core_file()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
