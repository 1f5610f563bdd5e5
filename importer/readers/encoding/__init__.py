"""The encoding of a text: byte order mark, strict UTF-8 of the whole file, UTF-16/32 by their NULs, then a guess.

``known`` finds the encodings that the bytes prove. ``ranking`` guesses among the others. It weighs only the words that
hold bytes above 0x7F, because the ASCII part of a list is the same in nearly all encodings. Each encoding's score is
the sum of its characters' log likelihoods: letters by how often a language uses them (``alphabets``), East Asian
characters by rank (``east_asian``), and every character by its neighbours (``context``, ``signs``). To add an encoding,
give it a prior in ``ranking``.
"""

from importer.readers.encoding.known import Encoding, marked, shifted
from importer.readers.encoding.ranking import ENOUGH_WORDS, foreign_words, guess

__all__ = ["ENOUGH_WORDS", "Encoding", "foreign_words", "guess", "marked", "shifted"]
