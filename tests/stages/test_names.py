"""Names: splitting, repairing, tidying and re-casing."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.stages.names import Names, plain
from importer.stages.names.casing import WORDS_WITH_RULES, Part
from importer.stages.names.cleaning import PLACEHOLDERS, PLACEHOLDERS_BY_CASE, Rule, clean, is_placeholder, repaired
from importer.stages.names.splitting import FIRST_WORDS_WITH_RULES, LAST_WORDS_WITH_RULES, split
from tests.quality import name_casing, name_splitting
from tests.quality.name_casing import HELD_OUT, PARTS

TEXT = ("first_name", "last_name", "full_name", "changes")


def names(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    data = {name: columns.get(name, [None] * height) for name in TEXT}
    return Names()(pl.DataFrame(data, schema=dict.fromkeys(TEXT, pl.String)))


def test_three_hundred_names_get_their_right_form_back() -> None:
    """At least 98 % of the names that only one form is right for come back from capitals and from small letters."""
    table = [name for name in name_casing.names() if name.section != HELD_OUT and not name.is_ambiguous]
    wrong = {name.right: found for name in table if (found := name.wrong())}
    assert len(table) >= 300
    assert len(wrong) <= len(table) * 0.02, wrong


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("MCDONALD", "McDonald"),
        ("o'brien", "O'Brien"),
        ("O’BRIEN", "O’Brien"),
        ("D'ANGELO", "D'Angelo"),
        ("MACLEOD", "MacLeod"),
        ("MACHADO", "Machado"),
        ("MACPHERSON", "Macpherson"),
        ("MACBETH", "Macbeth"),
        ("DE LA HOYA", "De La Hoya"),
        ("DE LA ROSA", "de la Rosa"),
        ("VAN DER BERG", "van der Berg"),
        ("de la cruz", "de la Cruz"),
        ("SMITH III", "Smith III"),
        ("SMITH JR.", "Smith Jr."),
        ("SMITH-JONES", "Smith-Jones"),
        ("AL-RASHID", "al-Rashid"),
        ("NGUYỄN", "Nguyễn"),
        ("IJSSELMUIDEN", "IJsselmuiden"),
        ("IŞIK", "Işık"),
        ("NG", "Ng"),
        ("St. John", "St. John"),
        ("van Gogh", "van Gogh"),
        ("deGrasse", "deGrasse"),
        ("田中", "田中"),
        ("შოთა", "შოთა"),
    ],
)
def test_last_names_get_their_capitals(written: str, right: str) -> None:
    """All capitals and all small letters are re-cased; mixed case and scripts without case stay."""
    frame = names(last_name=[written])
    assert frame["last_name"].to_list() == [right]
    assert frame["changes"].to_list() == [None if written == right else "last_name:case"]


@pytest.mark.parametrize("company", ["ACME GMBH", "SMITH & SONS LTD", "acme inc."])
def test_companies_and_strange_cells_stay_as_they_are(company: str) -> None:
    """A company, an address or anything with digits is not re-cased."""
    frame = names(first_name=[company, "ROOM 12B", "ANN@EXAMPLE.COM"])
    assert frame["first_name"].to_list() == [company, "ROOM 12B", "ANN@EXAMPLE.COM"]


@pytest.mark.parametrize(
    "nothing", ["n/a", "N/A", "-", "none", "None", "null", "unknown", "UNKNOWN", "???", "#REF!", "nan"]
)
def test_placeholders_are_no_names(nothing: str) -> None:
    """Words that say "nothing here" are left out and noted."""
    frame = names(first_name=[nothing], last_name=["Null"])
    assert frame.row(0) == (None, "Null", "first_name:placeholder")


def test_a_full_name_that_is_none_is_noted() -> None:
    """What was left out of a full name's column is told too; a blank cell is not."""
    assert names(full_name=["N/A", " "]).rows() == [(None, None, "full_name:placeholder"), (None, None, None)]


def test_blank_cells_become_null_without_a_note() -> None:
    """White space is nothing; nobody needs to be told."""
    assert names(first_name=["", "  ", "\u200b"])["first_name"].to_list() == [None, None, None]
    assert names(first_name=["", "  ", "\u200b"])["changes"].null_count() == 3


@pytest.mark.parametrize(
    ("written", "right", "note"),
    [
        ("GarcÃ\xada", "García", "mojibake"),
        ("MÃ¼ller", "Müller", "mojibake"),
        ("FranÃ§ois", "François", "mojibake"),
        ("Ð\x9cÐ°Ñ\x80Ð¸Ñ\x8f", "Мария", "mojibake"),
        ("JoÃƒÂ£o", "João", "mojibake"),
        ("José  Luis", "José Luis", "tidied"),
        ("Jose\u0301", "José", "tidied"),
        ("\u00a0Ann\tMary\n", "Ann Mary", "tidied"),
        ("A\u200bnn\ufeff", "Ann", "tidied"),
        ("An\u00adna", "Anna", "tidied"),
    ],
)
def test_damage_is_repaired(written: str, right: str, note: str) -> None:
    """Mojibake, odd spaces, invisible characters and decomposed letters are put right and noted."""
    assert names(first_name=[written]).row(0) == (right, None, f"first_name:{note}")


@pytest.mark.parametrize(
    "name", ["JOÃO", "Ângela", "Ñandú", "Ærø", "Šárka", "Žofie", "René", "Рёрих", "Ðuro", "مهرداد", "نرگس\u200cخاتون"]
)
def test_names_with_letters_that_mojibake_has_too_stay(name: str) -> None:
    """What is not well-formed UTF-8 read wrongly is never "repaired"; Persian keeps its joiners."""
    repaired = clean(name, "first_name")
    assert repaired[0] is not None
    assert repaired[0].casefold() == name.casefold()


@pytest.mark.parametrize(
    ("full", "first", "last", "title"),
    [
        ("John Smith", "John", "Smith", None),
        ("Smith, John", "John", "Smith", None),
        ("SMITH, JOHN", "John", "Smith", None),
        ("Mary Ann Smith", "Mary Ann", "Smith", None),
        ("Maria van der Berg", "Maria", "van der Berg", None),
        ("Juan de la Cruz", "Juan", "de la Cruz", None),
        ("de la Cruz, Juan", "Juan", "de la Cruz", None),
        ("José Ortega y Gasset", "José", "Ortega y Gasset", None),
        ("María de los Ángeles García", "María de los Ángeles", "García", None),
        ("John Smith Jr.", "John", "Smith Jr.", None),
        ("John Smith, Jr.", "John", "Smith Jr.", None),
        ("Smith Jr., John", "John", "Smith Jr.", None),
        ("JOHN SMITH III", "John", "Smith III", None),
        ("Ken Griffey III", "Ken", "Griffey III", None),
        ("John Smith, PhD", "John", "Smith", "PhD"),
        ("Smith, John, PhD", "John", "Smith", "PhD"),
        ("Dr. Maria Lopez", "Maria", "Lopez", "Dr."),
        ("Smith, Dr. John", "John", "Smith", "Dr."),
        ("Prof. Dr. Anna Schmidt", "Anna", "Schmidt", "Prof. Dr."),
        ("Herr Hans Müller", "Hans", "Müller", "Herr"),
        ("Mrs. Jones", None, "Jones", "Mrs."),
        ("Don Draper", "Don", "Draper", None),
        ("Cher", "Cher", None, None),
        ("DUPONT Jean", "Jean", "Dupont", None),
        ("Jean DUPONT", "Jean", "Dupont", None),
        ("John and Mary Smith", "John and Mary", "Smith", None),
        ("Acme, Inc.", "Acme, Inc.", None, None),
        ("Müller GmbH", "Müller GmbH", None, None),
        ("山田 太郎", "太郎", "山田", None),
        ("김철수", "철수", "김", None),
        ("田中太郎", "田中太郎", None, None),
        ("Nguyễn Văn An", "Văn An", "Nguyễn", None),
        ("GarcÃ\xada LÃ³pez", "García", "López", None),
        ("María García López", "María", "García López", None),
        ("Juan Carlos Hernández Ruiz", "Juan Carlos", "Hernández Ruiz", None),
        ("María José Pérez", "María José", "Pérez", None),
        ("Ana María de la Cruz", "Ana María", "de la Cruz", None),
        ("James Garcia Smith", "James Garcia", "Smith", None),
        ("Anne Marie Dubois", "Anne Marie", "Dubois", None),
        ("SMITH J", "J", "Smith", None),
        ("MURIEL H", "Muriel", "H", None),
        ("J.K. Fernsby", "J.K.", "Fernsby", None),
        ("James O Davis", "James O", "Davis", None),
        ("Conor O Brien", "Conor", "O Brien", None),
        ("Mary Ann E Ford", "Mary Ann E", "Ford", None),
        ("M. Frances Ives", "M. Frances", "Ives", None),
        ("M. Jean Ives", "Jean", "Ives", "M."),
        ("Edwin Frost, V", "Edwin", "Frost V", None),
        ("LE BRUN Yann-Marie", "Yann-Marie", "Le Brun", None),
        ("LU Wen", "Wen", "Lu", None),
        ("VAN DEN AKKER ROOS", "Roos", "van den Akker", None),
        ("Mira Abu Salem", "Mira", "Abu Salem", None),
        ("Orla Uí Fearn", "Orla", "Uí Fearn", None),
        ("Dr. med. univ. Ute Abel", "Ute", "Abel", "Dr. med. univ."),
        ("Dr. Phil Abel", "Phil", "Abel", "Dr."),
        ("Dipl.-Ing. (FH) Jan Abel, CEO", "Jan", "Abel", "Dipl.-Ing. FH"),
        ("Ute Abel, RN, BSN", "Ute", "Abel", "RN BSN"),
        ("Ute Abel PharmD", "Ute", "Abel", "PharmD"),
        ("UTE M ABEL MRS", "Ute M", "Abel", "MRS"),
        ("Mr. & Mrs. Jan Abel", "Jan", "Abel", "Mr. & Mrs."),
        ("Herr und Frau Abel", None, "Abel", "Herr und Frau"),
        ("Mr Van Akker", None, "Van Akker", "Mr"),
        ("Bank of Fairhollow", "Bank of Fairhollow", None, None),
        ("Law Offices of Ute Abel, PC", "Law Offices of Ute Abel, PC", None, None),
        ("Abel & Sons", "Abel & Sons", None, None),
        ("Tierpraxis Abel", "Tierpraxis Abel", None, None),
        ("Ute's Flowers", "Ute's Flowers", None, None),
        ("Rosa Blank", "Rosa", "Blank", None),
        ("İREM YILDIRIM", "İrem", "Yıldırım", None),
        ("Abdul bin Rashid", "Abdul", "bin Rashid", None),
        ("John Q. Public", "John Q.", "Public", None),
        ("João Silva Filho", "João", "Silva Filho", None),
        ("Dra. Ana Souza Neto", "Ana", "Souza Neto", "Dra."),
        ("Sophie in 't Veld", "Sophie", "in 't Veld", None),
        ("Ramasamy a/l Perumal", "Ramasamy", "a/l Perumal", None),
        ("LIC. PEDRO GÓMEZ", "Pedro", "Gómez", "LIC."),
        ("n/a", None, None, None),
        ("   ", None, None, None),
    ],
)
def test_full_names_are_split(full: str, first: str | None, last: str | None, title: str | None) -> None:
    """A full name becomes a first and a last name; forms of address and degrees become a title."""
    frame = names(full_name=[full])
    assert (frame["first_name"][0], frame["last_name"][0]) == (first, last)
    assert (frame["meta:title"][0] if "meta:title" in frame.columns else None) == title
    assert "full_name" not in frame.columns


@pytest.mark.parametrize(
    ("full", "remark"),
    [
        ("Ute Abel (VIP)", "VIP"),
        ("Ute Abel | Sales", "Sales"),
        ("Ute Abel - Sales Manager", "Sales Manager"),
        ("Ute Abel, Director", "Director"),
        ("Ute Abel, Fairhollow Bank", "Fairhollow Bank"),
        ("Ute Abel geb. Orth", "geb. Orth"),
        ("Ute Abel (wrong no.) 2", "wrong no.; 2"),
        ("~Ute Abel ✔", None),
    ],
)
def test_what_is_no_name_is_kept_beside_it(full: str, remark: str | None) -> None:
    """Remarks, occupations and maiden names go to the metadata; marks around a name go."""
    frame = names(full_name=[full])
    assert frame.select("first_name", "last_name").row(0) == ("Ute", "Abel")
    assert (frame["meta:name remark"][0] if "meta:name remark" in frame.columns else None) == remark


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [
        ("Nora", "Blank", ("Nora", "Blank")),
        ("NIL", "ABEL", ("Nil", "Abel")),
        ("Nora", "NULL", ("Nora", None)),
        ("blank", "Blank", (None, None)),
        ("Nora", "unknown", ("Nora", None)),
    ],
)
def test_a_word_for_nothing_is_a_name_beside_one_that_is_written_alike(
    first: str, last: str, named: tuple[str | None, str | None]
) -> None:
    """Null, Na and Blank are somebody's; a program's NULL beside a name in small letters is not."""
    assert names(first_name=[first], last_name=[last]).select("first_name", "last_name").row(0) == named


@pytest.mark.parametrize(
    ("first", "last"),
    [("Abel, Ute", None), ("Ute Abel", "Ute Abel"), ("Ute Abel", "ABEL"), ("Ute", "Ute Abel"), ("ABEL, UTE", " ")],
)
def test_a_half_that_is_the_whole_name_is_split(first: str, last: str | None) -> None:
    """A full name in the column of first names, or in both, is taken apart like one in its own."""
    assert names(first_name=[first], last_name=[last]).select("first_name", "last_name").row(0) == ("Ute", "Abel")


def test_a_full_name_does_not_replace_given_halves() -> None:
    """The full name counts only where first and last name are both missing."""
    frame = names(first_name=["Ann", None], last_name=[None, None], full_name=["Bob Smith", "Bob Smith"])
    assert frame.select("first_name", "last_name").rows() == [("Ann", None), ("Bob", "Smith")]


def test_a_filled_title_column_is_kept() -> None:
    """A title from the file beats one found in the full name."""
    frame = pl.DataFrame(
        {"full_name": ["Dr. Ann Lee", "Dr. Bob Lee"], "meta:title": ["Prof.", None]},
    ).with_columns(pl.lit(None, pl.String).alias(name) for name in ("first_name", "last_name", "changes"))
    assert Names()(frame)["meta:title"].to_list() == ["Prof.", "Dr."]


def test_earlier_changes_are_kept() -> None:
    """Notes are added to those that were there."""
    frame = names(first_name=["ANN", "Bob"], changes=["phone:float-tail", None])
    assert frame["changes"].to_list() == ["phone:float-tail; first_name:case", None]


def test_an_empty_frame_passes() -> None:
    """No rows, no trouble."""
    assert names(first_name=[]).columns == ["first_name", "last_name", "changes"]


WORDS = st.one_of(
    st.text(alphabet="abcdeijlmnoxyzßéÿ", min_size=1, max_size=6),
    st.sampled_from(
        sorted(
            {
                "mcfly",
                "macdonald",
                "ijaz",
                "o'brien",
                "o'mc",
                "d'ay",
                "anna-lee",
                "j.",
                "q",
                "o",
                "y",
                "lee",
                "garcía",
                "ó",
            }
            | {"jong-un", "hyun-jin", "jong", "hyun", "heithir", "fontaine", "ja'marr", "luca", "gaudi"}
            | WORDS_WITH_RULES
            | FIRST_WORDS_WITH_RULES
            | LAST_WORDS_WITH_RULES
        )
    ),
)
SPACE = st.sampled_from(["", "", "", " ", "  "])
PLAIN_LOOKING = st.builds(
    lambda words, joint, case, before, after: before + case(joint.join(words)) + after,
    st.lists(WORDS, min_size=1, max_size=4),
    st.sampled_from([" ", " ", "  ", "-", ", ", "'", " - "]),
    st.sampled_from([str.upper, str.upper, str.lower, str.title, str.capitalize, str.swapcase]),
    SPACE,
    SPACE,
)
WRITTEN = st.one_of(
    PLAIN_LOOKING,
    PLAIN_LOOKING,
    st.text(max_size=20),
    st.text(alphabet="abcMC OI'-.éÉÃ\u00ad¡ñßšŽяЯИ,", max_size=12),
    st.sampled_from(sorted(PLACEHOLDERS | PLACEHOLDERS_BY_CASE)).flatmap(
        lambda text: st.sampled_from([text, text.upper(), text.title(), f" {text} "])
    ),
    st.sampled_from(["LEBRON", "Miss Jones", "UnKnown", "de No Name", "DE LA HOYA", "JOHN Smith", "Smith, Dr J"]),
)


def noted(field: Part, rules: Rule) -> list[str]:
    return [f"{field}:{name.lower()}" for name, rule in Rule.__members__.items() if rule in rules]


@settings(deadline=None, max_examples=100)
@given(st.lists(WRITTEN, max_size=8))
def test_the_columnar_path_gives_what_the_plain_one_gives(written: list[str]) -> None:
    """Whatever is settled by column is what ``clean`` says of the same cell, the notes included."""
    written = written * 3  # what comes again is looked at once
    cells: list[str | None] = [*written]
    other: list[str | None] = ["Qq"] * len(written)
    for part, frame in (
        ("first_name", names(first_name=cells, last_name=other)),
        ("last_name", names(first_name=other, last_name=cells)),
    ):
        for text, name, changes in zip(written, frame[part], frame["changes"], strict=True):
            expected, rules = clean(text, PARTS[part], "Qq")
            assert name == expected
            assert (changes or "") == "; ".join(noted(PARTS[part], rules))


@settings(deadline=None, max_examples=100)
@given(st.lists(WRITTEN, max_size=8))
def test_full_names_split_alike_on_both_paths(written: list[str]) -> None:
    """Whatever is split by column is split as ``split`` splits it."""
    for text, (first, last, title, remark, rules) in zip(
        written, plain.split(pl.Series(written, dtype=pl.String)).rows(), strict=True
    ):
        if rules is not None:
            tidied, repairs = repaired(text)
            parts = split(tidied)
            assert not is_placeholder(tidied)
            assert (first, last, title, remark) == (parts.first, parts.last, parts.title, parts.remark)
            assert rules == repairs | Rule.SPLIT


@pytest.mark.parametrize(
    "text",
    ["JOHN", "mary ann", "MARY-ANN", "O'BRIEN", "  John", "SMITH  LEE", "ÉMILE", "n/a", "UNKNOWN", "-", " ", "J"],
)
def test_the_plain_majority_is_cleaned_by_column(text: str) -> None:
    """Spaces, capitals and placeholders of plain names need no look at each spelling."""
    assert plain.cleaned(pl.Series([text]))["rules"].null_count() == 0


@pytest.mark.parametrize(
    "text",
    ["John Smith", "JOHN SMITH", "john smith", " José  Pérez", "Smith, John", "John Q. Public", "Ann O'Brien-Lee"],
)
def test_the_plain_majority_is_split_by_column(text: str) -> None:
    """So do two words, with an initial or a comma."""
    assert plain.split(pl.Series([text]))["rules"].null_count() == 0


@settings(deadline=None, max_examples=100)
@given(st.one_of(PLAIN_LOOKING, st.text(max_size=20)))
def test_no_word_of_a_full_name_is_lost(full: str) -> None:
    """The letters of first name, last name, title and remark are those of the full name; only signs and spaces go."""
    tidied = repaired(full)[0]
    parts = split(tidied)

    def letters(text: str) -> list[str]:
        return sorted(filter(str.isalnum, text))

    assert letters("".join(filter(None, (parts.first, parts.last, parts.title, parts.remark)))) == letters(tidied)


@settings(deadline=None, max_examples=50)
@given(WRITTEN)
def test_a_clean_name_is_clean_again(written: str) -> None:
    """Tidying is done in one go: NFC, no space around, and the same when done twice."""
    once = clean(written, "last_name")[0]
    if once is not None:
        assert once == once.strip()
        assert unicodedata.is_normalized("NFC", once)
        assert clean(once, "last_name")[0] == once


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_text_is_a_full_name(full: list[str]) -> None:
    """No text makes the stage fail or lose a row."""
    assert names(full_name=list(full)).height == len(full)


def test_names_of_all_kinds_are_split_and_firms_are_not() -> None:
    """Of three hundred names 98 % come out right; of as good as two hundred firms 97 % stay whole."""
    table = list(name_splitting.cases())
    failed = name_splitting.wrong(table)
    firms = [case for case in table if case.section == name_splitting.FIRMS]
    wrong_firms = [case.written for case in failed if case.section == name_splitting.FIRMS]
    wrong_names = [case.written for case in failed if case.section != name_splitting.FIRMS]
    assert len(table) - len(firms) >= 300
    assert len(wrong_names) <= 0.02 * (len(table) - len(firms)), wrong_names
    assert len(wrong_firms) <= 0.03 * len(firms), wrong_firms
