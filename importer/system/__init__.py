"""This machine: files opened and written safely, child processes, and the limits of both."""
