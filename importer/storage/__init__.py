"""The folder of runs: a run's record, its rows in parts, its summary, and answers about columns that were kept."""
