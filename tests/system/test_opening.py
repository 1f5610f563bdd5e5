"""Files are opened as what they are, also where a system lacks what makes that easy."""

import os
from pathlib import Path

import pytest

from importer.system import opening


@pytest.fixture(params=[True, False], ids=["posix", "without descriptors"])
def is_posix(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """This system, and one without pread, O_NOFOLLOW and paths to descriptors."""
    if not request.param:
        monkeypatch.setattr(opening, "_DESCRIPTORS", Path("/of-no-such-system"))
        for name in ("pread", "O_NOFOLLOW", "O_NONBLOCK", "memfd_create"):
            monkeypatch.delattr(os, name)
    return bool(request.param)


@pytest.mark.usefixtures("is_posix")
def test_bytes_are_read_anywhere_without_moving(tmp_path: Path) -> None:
    """Position stays, and the end gives fewer bytes, or none."""
    (tmp_path / "a").write_bytes(b"0123456789")
    with opening.open_regular(tmp_path / "a") as opened:
        opened.seek(3)
        assert [opening.read_at(opened.fileno(), 4, at) for at in (0, 8, 20)] == [b"0123", b"89", b""]
        assert opened.read(2) == b"34"
        assert opening.sha256_of(opened).startswith("84d89877f0d4041e")
        assert opening.place_of(opened).read_bytes() == b"0123456789"


@pytest.mark.usefixtures("is_posix")
def test_a_link_in_the_files_place_is_refused(tmp_path: Path) -> None:
    """Whether it leads somewhere or nowhere; nothing is made through it."""
    (tmp_path / "a").write_bytes(b"x")
    for target in ("a", "nowhere"):
        (tmp_path / f"to-{target}").symlink_to(target)
        with pytest.raises(OSError, match=r"symbolic links"):
            opening.open_regular(tmp_path / f"to-{target}")
        with pytest.raises(OSError, match=r"symbolic links"):
            opening.open_unlinked(tmp_path / f"to-{target}", os.O_RDWR | os.O_CREAT)
    assert not (tmp_path / "nowhere").exists()


def test_a_child_takes_what_it_is_handed(is_posix: bool) -> None:
    """By its number where it can be inherited, else by its name; a temporary file goes when it is closed."""
    with opening.temporary_file() as file, opening.memory_file("x") as memory:
        file.write(b"from the parent")
        file.flush()
        text = opening.handed(file)
        assert text.isdecimal() is is_posix
        with opening.taken(str(os.dup(int(text))) if is_posix else text, "wb") as theirs:
            theirs.seek(0)
            theirs.write(b"FROM")
        assert opening.read_at(file.fileno(), 99, 0) == b"FROM the parent"
        assert memory.write(b"x") == 1
        place = Path(text)
        assert place.exists() is not is_posix
        if not is_posix:
            assert place.stat().st_mode & 0o777 == 0o600
    assert not place.exists()
