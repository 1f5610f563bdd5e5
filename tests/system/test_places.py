"""Places: a folder and a bucket in the same words, and lists of object storage as files at hand."""

import pickle
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from importer.errors import StoppedError, UsageError
from importer.system.places import Place, address_of, at_hand, matching, place_of


@pytest.fixture(params=["folder", "s3", "gs", "az"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """An empty one."""
    if request.param == "folder":
        yield place_of(tmp_path / "some" / "where")
        return
    pytest.importorskip("obstore", reason="obstore is an extra: pip install 'contacts-importer[remote]'")
    from tests.support import buckets  # noqa: PLC0415 - it needs packages of its own

    with ExitStack() as stack:
        _, environment = stack.enter_context(getattr(buckets, request.param)("lake"))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield place_of(Path(f"{request.param}://lake/some/where"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_are_written_whole_read_and_listed(place: Place) -> None:
    """Within folders, in the order of their names; it travels by value; what is not there is told as of any file."""
    assert place.names() == place.names("parts") == []
    for name in ("parts/b", "parts/a", "parts/deeper/c", "plan"):
        place.write(name, name.encode())
    place.write("plan", b"again")
    there: Place = pickle.loads(pickle.dumps(place))  # noqa: S301 - what was pickled here
    assert (there.names(), there.names("parts")) == (["plan"], ["a", "b"])
    assert (there.read("plan"), there.read("parts/deeper/c")) == (b"again", b"parts/deeper/c")
    with pytest.raises(FileNotFoundError):
        there.read("none")
    assert [there.claim("mine", b"1"), there.claim("mine", b"2"), there.read("mine")] == [True, False, b"1"]
    there.clear("parts")
    there.clear("none")
    assert (there.names("parts"), there.names()) == ([], ["mine", "plan"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("place", ["s3", "gs", "az"], indirect=True)
def test_objects_are_lists_at_hand(place: Place) -> None:
    """Under their own names, those of a pattern; the copy is gone after. Errors come without the storage's words."""
    for name in ("a.csv", "b.csv", "c.txt"):
        place.write(name, name.encode())
    found = matching(Path(f"{place}/*.csv"))
    assert [address_of(path) for path in found] == [f"{place}/a.csv", f"{place}/b.csv"]
    with at_hand(found[0]) as copy:
        assert (copy.name, copy.read_bytes()) == ("a.csv", b"a.csv")
    assert not copy.parent.exists()
    with pytest.raises(FileNotFoundError), at_hand(Path(f"{place}/none.csv")):
        pass
    scheme = str(place).partition(":")[0]
    with pytest.raises(StoppedError, match=f"{scheme}://not-there/folder cannot be used"):
        matching(Path(f"{scheme}://not-there/folder/*.csv"))


def test_an_address_is_told_from_a_path() -> None:
    """However many slashes a path has left of it."""
    assert address_of(Path("s3://lake/march/*.csv")) == "s3://lake/march/*.csv"
    assert address_of(Path("gs://lake/")) == "gs://lake"
    assert address_of(Path("lists/s3/a.csv")) is None


def test_a_storage_without_its_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to type."""
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    with pytest.raises(UsageError, match=r"pip install 'contacts-importer\[remote\]'"):
        place_of(Path("s3://lake/march")).names()
