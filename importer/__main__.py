"""``python -m importer``."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the current folder: what lies there is no module of ours, once this package itself is found

from importer.cli import main

main()
