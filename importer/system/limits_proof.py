"""The child process that tells which limits this system knows: ``python -m importer.system.limits_proof``.

It prints what it could not limit itself in, a word a line: a process that tried in itself would stay limited.
"""

import sys

from importer.system.limits import limit

if __name__ == "__main__":
    sys.stdout.write("\n".join(limit()))
