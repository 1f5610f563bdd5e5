"""``python -m tests.bench``."""

from tests.bench.everything import main

main()
