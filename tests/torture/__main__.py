"""``python -m tests.torture``."""

from tests.torture.everything import main

main()
