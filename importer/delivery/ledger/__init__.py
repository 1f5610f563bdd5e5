"""The ledger: what was sent to which account, what came of it, and what its API was seen to do (SQLite)."""
