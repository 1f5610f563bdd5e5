"""Findings for a person after a run: two people under one number, one person under several, mistyped domains.

``review`` makes them once the rows are prepared. ``two_people`` finds duplicates under another name; ``twins`` finds
people with two numbers among the pairs of rows from ``blocks``; ``addresses`` compares two e-mail addresses;
``distinct`` calls a function once for equal cells.
"""
