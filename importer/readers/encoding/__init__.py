"""Which encoding a text is in: byte order mark, strict UTF-8 of the whole file, UTF-16/32 by pattern, then a guess.

``known`` has what the bytes prove. ``ranking`` weighs the words that hold bytes above 0x7F, and nothing else: the ASCII
part of a list says nothing of its encoding. For each encoding it adds up how likely their characters are: those of
one alphabet as often as a language uses them (``alphabets``), those of East Asia by rank (``east_asian``), and each
where it stands (``context``, ``signs``). To add an encoding, give it a prior in ``ranking``.
"""

from importer.readers.encoding.known import Encoding, marked, shifted
from importer.readers.encoding.ranking import ENOUGH_WORDS, foreign_words, guess

__all__ = ["ENOUGH_WORDS", "Encoding", "foreign_words", "guess", "marked", "shifted"]
