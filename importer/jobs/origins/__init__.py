"""Places that a job's files are copied from: one file a kind of address, each an ``Origin``; ``fetch`` uses them."""
