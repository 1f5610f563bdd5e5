"""Texts that are damaged a little."""

import random


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to six characters flipped, cut or put in."""
    letters = list(text)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(letters))
        letters[place] = chance.choice(["", chance.choice('"=[]{}\n.,#\\x0\u202e\U0001f600-9eE'), letters[place] * 2])
    return "".join(letters)
