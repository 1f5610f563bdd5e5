"""The commands and their options. What a command needs is imported when it runs, so that ``--help`` is immediate."""
