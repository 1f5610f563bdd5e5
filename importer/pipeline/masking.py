"""The shape of a value without the value: what may be shown on the terminal of the list's owner."""

from collections.abc import Iterable

_LONGEST = 40


def masked(value: str) -> str:
    """A value's first two letters or digits; the others are ``•``, what stands between them stays."""
    seen = 0
    shape = []
    for character in value[:_LONGEST]:
        seen += character.isalnum()
        shape.append("•" if character.isalnum() and seen > 2 else character)
    return "".join(shape)


def examples(values: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The first ``most`` shapes that differ."""
    shapes: dict[str, None] = {}
    for value in values:
        shapes[masked(value)] = None
        if len(shapes) == most:
            break
    return tuple(shapes)
