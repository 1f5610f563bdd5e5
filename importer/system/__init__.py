"""This machine: files opened and written safely, child processes, and limits on memory and time."""
