"""Contact lists from spreadsheets into a Contacts API, with an account of every row."""

__version__ = "0.1.0"
