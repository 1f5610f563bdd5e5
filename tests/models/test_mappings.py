"""A mapping: which columns fill which field, and which of the choices a person should make."""

from importer.models.mappings import SURE, Candidate, Decision, Mapping

MAPPING = Mapping(
    ("Mobile", "Home"),
    first_name="First",
    last_name="Last",
    email="Mail",
    consent=("SMS",),
    others={"first_name": ("Nickname",), "email": ("Work mail",)},
)


def test_fields_have_their_columns_in_order() -> None:
    """Further columns behind the first; a field without a column is left out, and metadata is no field."""
    assert MAPPING.fields() == {
        "phone": ("Mobile", "Home"),
        "consent": ("SMS",),
        "first_name": ("First", "Nickname"),
        "last_name": ("Last",),
        "email": ("Mail", "Work mail"),
    }
    assert MAPPING.names() == ("First", "Nickname", "Last")
    assert Mapping(("Phone",)).names() == ()


def test_a_choice_below_the_line_is_a_question() -> None:
    """One unsure column of several is enough; the best candidates come first, chosen or not."""
    sure, unsure = Candidate("Mobile", SURE, "its header"), Candidate("Fax", SURE - 1, "its values")
    decisions = (Decision("phone", (sure,), (unsure,)), Decision("email", (sure, unsure)))
    assert [decision.is_sure for decision in decisions] == [True, False]
    assert Mapping(("Mobile",), decisions=decisions).doubts() == (decisions[1],)
    assert decisions[0].candidates() == (sure, unsure)
