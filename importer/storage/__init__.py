"""What lies in the folder of runs: a run's record, its rows in parts, its summary, and answers that were kept."""
