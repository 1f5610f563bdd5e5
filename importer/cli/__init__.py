"""The command line: arguments, printing and exit codes. Nothing else prints."""

from importer.cli.app import main

__all__ = ["main"]
