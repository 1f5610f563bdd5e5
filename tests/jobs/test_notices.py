"""A job's change of state is told once, by every channel, signed, without anybody's data; and never changes an end."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from importer.jobs.notices.telling import send_test
from tests.conftest import Typed
from tests.support.faultserver import FaultServer
from tests.support.jobs import JobHouse, people
from tests.support.receivers import Hook, Mailbox

SECRET = "a-secret-of-tests"
BAD = "Jane Canary,canary.person@example.com\n"
"""A file whose header is somebody's data."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[JobHouse]:
    """A job that sends to a server on loopback."""
    for name in ("secret", "password"):
        (tmp_path / name).write_text(SECRET + "\n", "utf-8")
        (tmp_path / name).chmod(0o600)
    with FaultServer() as server:
        yield JobHouse(tmp_path, server.url)


def test_each_change_of_state_is_told_once(house: JobHouse) -> None:
    """Ok, failing, failing, ok: two messages a channel, with figures and the next command; the signature holds."""
    with Mailbox() as box, Hook() as hook:
        house.write(
            gates="min_rows = 2",
            notify=f'webhook = "{hook.url}"\nsecret_file = "secret"\n'
            f'email = ["ops@example.com", "boss@example.com"]\nemail_from = "importer@example.com"\nsmtp = "{box.url}"',
        )
        house.drop("a.csv", people(2))
        house.start()
        assert (hook.posts, box.mails) == ([], []), "it was well, and is"
        for name, text in (("b.csv", people(1, 50)), ("c.csv", "Jane Canary,41555501\n")):
            house.drop(name, text)
            assert house.start().exit_code > 0
        house.start()
        assert len(hook.posts) == 1, "nothing to do mends nothing"
        house.drop("d.csv", people(2, 70))
        house.start()
        told = [json.loads(body) for _, body in hook.posts]
        assert [(one["was"], one["state"], one["exit_code"]) for one in told] == [
            ("ok", "failing", 5),
            ("failing", "ok", 0),
        ]
        (held,) = told[0]["files"]
        assert (held["file"], held["state"], held["gates"], held["rows"]["planned"]) == (
            "b.csv",
            "quarantine",
            ["min_rows"],
            1,
        )
        assert held["next"].startswith("importer approve ")
        for headers, body in hook.posts:
            signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            assert headers["x-importer-signature"] == f"sha256={signed}"
        assert [" ".join(mail["Subject"].split()) for _, mail in box.mails] == [  # a long line is folded
            "importer: the job nightly is failing (exit code 5: held back before anything was sent)",
            "importer: the job nightly is ok (exit code 0)",
        ]
        assert box.mails[0][0] == ["ops@example.com", "boss@example.com"]
        words = str(box.mails[0][1].get_payload())
        assert "held back by: min_rows" in words
        everything = words + json.dumps(told)
        assert "Person" not in everything
        assert "+1202555" not in everything


def test_what_cannot_be_told_is_tried_again_and_changes_nothing(house: JobHouse) -> None:
    """A redirect is not followed; the same message, by its id, comes when the receiver is well again."""
    with Hook(status=302) as hook:
        house.write(notify=f'webhook = "{hook.url}"\nsecret_file = "secret"')
        house.drop("a.csv", BAD)
        failed = house.start()
        assert (failed.exit_code, failed.files[0].state) == (2, "failed")
        assert "answered 302" in failed.notes[0]
        hook.status = 200
        assert house.start().notes == []
        first, second = [json.loads(body) for _, body in hook.posts]
        assert first == second
        assert "Canary" not in json.dumps(first)
        assert house.start().notes == []
        assert len(hook.posts) == 2


def test_how_many_people_have_to_approve_is_told(house: JobHouse) -> None:
    """As a figure and in words, without names."""
    with Mailbox() as box, Hook() as hook:
        mail = f'email = ["ops@example.com"]\nemail_from = "importer@example.com"\nsmtp = "{box.url}"'
        notify = f'webhook = "{hook.url}"\nsecret_file = "secret"\n{mail}'
        house.write(top="approvers = 2\n", notify=notify)
        house.drop("a.csv", people(2))
        house.start()
        ((_, body),) = hook.posts
        assert json.loads(body)["files"][0]["approvals_missing"] == 2
        assert "waits for 2 people, none of them who started the run" in box.mails[0][1].get_payload()


def test_a_password_is_sent_encrypted_or_not_at_all(house: JobHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """With STARTTLS it logs in; where the server offers none, nobody is told, and the password stays here."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    authority.cert_pem.write_to_path(house.folder / "ca.pem")
    login = (
        'email = ["ops@example.com"]\nemail_from = "i@example.com"\nsmtp_user = "me"\nsmtp_password_file = "password"'
    )
    with Mailbox(context) as box, Mailbox() as plain:
        house.write(notify=f'smtp = "{box.url}"\n{login}')
        assert "SSLCertVerificationError" in (send_test(house.job())["mail"] or "")
        monkeypatch.setenv("SSL_CERT_FILE", str(house.folder / "ca.pem"))
        assert send_test(house.job()) == {"mail": None}
        assert box.logins == [("me", SECRET, True)]
        house.write(notify=f'smtp = "{plain.url}"\n{login}')
        assert "no encryption" in (send_test(house.job())["mail"] or "")
        assert (plain.logins, plain.mails, len(box.mails)) == ([], [], 1)
        (house.folder / "password").chmod(0o644)
        house.write(notify=f'smtp = "{box.url}"\n{login}')
        assert "Others can read" in (send_test(house.job())["mail"] or "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_apprise_tells_its_services(house: JobHouse) -> None:
    """Through a URL of its own, here JSON to a server on loopback."""
    pytest.importorskip("apprise", reason="apprise is an extra: pip install 'contacts-importer[notify]'")
    with Hook(status=200) as hook:
        port = hook.url.rpartition(":")[2].partition("/")[0]
        (house.folder / "services").write_text(f"# ours\njson://127.0.0.1:{port}/\n", "utf-8")
        (house.folder / "services").chmod(0o600)
        house.write(notify='apprise_file = "services"')
        assert send_test(house.job()) == {"services": None}
        ((_, body),) = hook.posts
        assert json.loads(body)["title"] == "importer: a test of the job nightly"


def test_the_test_and_the_figures(house: JobHouse, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """``job check --notify-test`` says who cannot be told; the textfile has the job's figures for Prometheus."""
    monkeypatch.setenv("IMPORTER_BASE_URL", house.url)
    with Hook() as hook:
        notify = f'webhook = "{hook.url}"\nsecret_file = "secret"'
        path = house.write(notify=notify, metrics='textfile = "nightly.prom"')
        assert typed("job", "check", path, "--notify-test").code == 0
        assert json.loads(hook.posts[0][1])["state"] == "test"
        hook.status = 500
        wrong = typed("job", "check", path, "--notify-test")
        assert (wrong.code, "Nobody can be told by webhook" in wrong.err) == (2, True)
    house.drop("a.csv", people(3))
    house.start()
    text = (house.folder / "nightly.prom").read_text("utf-8")
    figures = dict(line.rpartition(" ")[::2] for line in text.splitlines() if not line.startswith("#"))
    assert figures['importer_job_rows{job="nightly",outcome="imported"}'] == "3"
    assert figures['importer_job_files{job="nightly",state="done"}'] == "1"
    assert figures['importer_job_failing{job="nightly"}'] == "0"
    assert float(figures['importer_job_last_good_end_timestamp_seconds{job="nightly"}']) > 1e9
    assert (house.folder / "nightly.prom").stat().st_mode & 0o777 == 0o644
