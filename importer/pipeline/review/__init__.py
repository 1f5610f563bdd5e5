"""What a person should look at after a run: two people under one number, one person under several, mistyped domains.

``review`` finds all of it when the rows are prepared: ``two_people`` finds duplicates under another name, ``twins``
people with two numbers, among the pairs of rows that ``blocks`` finds; ``addresses`` tells whether two e-mail addresses
are one person's.
"""
