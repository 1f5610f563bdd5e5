"""Templates: their compiled code is kept where it can be, and what would steer a browser is made visible."""

from pathlib import Path

import pytest

from importer.reports import templates

PAGES = Path(templates.__file__).parent


def test_what_is_compiled_is_kept_where_that_can_be_done(tmp_path: Path) -> None:
    """The template's code is kept in a folder that is there; where none is, it is compiled for this page alone."""
    for place, kept in {tmp_path: 1, tmp_path / "missing": 0}.items():
        for _ in range(2):
            environment = templates.environment(PAGES)
            environment.bytecode_cache = templates.Compiled(str(place))
            assert environment.get_template("report.html.j2").blocks == {}
        assert len(list(place.glob("*"))) == kept


def test_kept_code_is_not_used_for_another_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What decides on the code besides the template is this module: where it is another, the template is read anew."""
    kept = templates.Compiled(str(tmp_path))
    before = kept.get_source_checksum("text")
    (tmp_path / "page.py").write_text("another", "utf-8")
    monkeypatch.setattr(templates, "__file__", str(tmp_path / "page.py"))
    assert kept.get_source_checksum("text") != before
