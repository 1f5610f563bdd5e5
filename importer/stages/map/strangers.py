"""Numbers that may be somebody else's by a word that is not understood, or by what stands before them."""

from collections.abc import Sequence
from dataclasses import replace

from importer.stages.map.evidence import NAME_FIELDS, Column
from importer.stages.map.vocabulary import stranger_words, vocabulary, words_of

_SECONDS = {"second", "secondary", "alternate", "alternative", "backup", "other", "additional"}
"""Before ``contact``: another person, where there is a name for them."""
_FEWEST_PLAIN = 0.2
"""Share of numbers from which on a column is one of phones."""
_NAMED = {"name", "names", "nom", "naam", "nombre", "nome"}
_HALVES = {"first", "last", "given", "family", "surname", "vorname", "nachname", "prenom", "apellido", "cognome"}
_CLOSE = {"emergency", "ice", "kin", "spouse", "wife", "husband", "guardian", "notfallkontakt", "urgence", "emergencia"}
"""Whose number stands behind their name more often than the person's own does."""
_BETWEEN = {"relation", "relationship", "beziehung", "verwandtschaft", "lien", "parentesco", "parentela", "relatie"}
"""Columns that may stand between such a name and its number."""


def without_strangers(columns: Sequence[Column]) -> list[Column]:
    """Return the columns; beside numbers plainly the person's, those that may be others' become nobody's.

    No list of parties is complete: ``Interpreter Phone`` beside ``Phone`` is taken for no person's own. A word that the
    names have as well (``Camper First Name``) is the person; where no header is plain, so is a column of that word, and
    else the first. A second contact with a name (``Backup Contact Name``) has a number, too.
    """
    phones = [column for column in columns if column.header.field == "phone" and column.shape.numbers >= _FEWEST_PLAIN]
    named = [column for column in columns if column.header.field in NAME_FIELDS] or list(filter(is_name, columns))[:1]
    names = {word for column in named for word in column.header.words}
    seconds = [set(column.header.words) & _SECONDS for column in columns if _names_a_second(column)]
    words = {column.name: _strange_words(column) - names for column in phones}
    plain = [column for column in phones if not words[column.name] and not _is_second(column, seconds)]
    if not plain:
        others = {column.header.words for column in columns if column.header.field != "phone"}
        plain = [column for column in phones if any(words[column.name] <= set(other) for other in others)] or phones[:1]
    # A word that an own column has as well names no stranger.
    own = [words[column.name] for column in plain]
    strange = {c.name for c in phones if words[c.name] not in own or (_is_second(c, seconds) and c not in plain)}
    strange |= {c.name for c in phones if c not in plain[:1] and _stands_behind_another(c, columns)}
    return [disowned(column) if column.name in strange else column for column in columns]


def _names_a_second(column: Column) -> bool:
    return is_name(column) and not _SECONDS.isdisjoint(column.header.words)


def _is_second(column: Column, seconds: Sequence[set[str]]) -> bool:
    words = set(column.header.words)
    return "contact" in words and ("backup" in words or any(second <= words for second in seconds))


def _strange_words(column: Column) -> frozenset[str]:
    """Return the words of a phone's header that may name somebody else; not those of a part: ``phones.canonical``."""
    group, _, part = column.name.partition(".")
    is_part = part != "" and " " not in column.name and vocabulary().phone.fits(words_of(group))
    return frozenset() if is_part else stranger_words(column.header.words)


def _stands_behind_another(column: Column, columns: Sequence[Column]) -> bool:
    """Return True for a number behind the name of somebody close: ``Emergency Contact, Relationship, Phone``."""
    place = next(place for place, other in enumerate(columns) if other.name == column.name)
    before = [other for other in columns[max(0, place - 2) : place] if _BETWEEN.isdisjoint(other.header.words)][-1:]
    return any(
        other.header.field != "phone" and other.header.is_others and not _CLOSE.isdisjoint(other.header.words)
        for other in before
    ) and not (_CLOSE | vocabulary().reached).intersection(column.header.words)


def by_their_words(columns: Sequence[Column]) -> list[list[Column]]:
    """Return blocks of columns, each of a person with a word of their own: ``Bride Name, Bride Phone, Groom …``.

    Empty where fewer than two have a name and a number, or where a plain column has numbers.
    """
    phones = [column for column in columns if column.header.field == "phone" and column.shape.numbers >= _FEWEST_PLAIN]
    names = [column for column in columns if is_name(column) and column.header.field is None]
    words = {word for column in phones for word in stranger_words(column.header.words)}
    blocks = [[column for column in columns if word in column.header.words] for word in sorted(words)]
    people = [block for block in blocks if any(c in names for c in block) and any(c in phones for c in block)]
    is_all = all(any(column in block for block in people) for column in phones)
    return people if len(people) > 1 and is_all else []


def disowned(column: Column) -> Column:
    """Return the column made nobody's."""
    return replace(column, header=replace(column.header, field=None, is_vetoed=True, is_thing=True))


def is_name(column: Column) -> bool:
    """Return True for a column of names, or of halves of them, whoever has them but for another party."""
    header, shape = column.header, column.shape
    if header.field in ("full_name", "either", "first_name"):
        return True
    is_half = not _HALVES.isdisjoint(header.words) and not _NAMED.isdisjoint(header.words)
    is_whole = not _NAMED.isdisjoint(header.words) and shape.several >= 0.5
    return (is_half or is_whole) and shape.words >= 0.8 and not header.is_others
