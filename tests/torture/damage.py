"""Damage as disks, transfers and careless programs do it to a file."""

import random
from collections.abc import Sequence


def damage(choose: random.Random, data: bytearray, pieces: Sequence[bytes]) -> None:
    """Flip a bit or a byte, cut a piece or the end, repeat a piece, or put some of ``pieces`` in."""
    place = choose.randrange(len(data) + 1)
    match choose.randrange(7):
        case 0 if place < len(data):
            data[place] ^= 1 << choose.randrange(8)
        case 1 if place < len(data):
            data[place] = choose.randrange(256)
        case 2:
            del data[place : place + choose.randrange(1, 200)]
        case 3 if choose.random() < 0.2:
            del data[place:]
        case 4:
            data[place:place] = data[place : place + choose.randrange(1, 300)]
        case _:
            data[place:place] = choose.choice(pieces) * choose.choice((1, 1, 1, 2, 7))
