"""All other services, through apprise (extra ``notify``): chats, pagers, telephones."""

from importer.errors import UsageError
from importer.jobs.notices.message import Message
from importer.jobs.notices.telling import NotToldError
from importer.settings.job import JobNotify
from importer.settings.key import read_secret


def send(message: Message, notify: JobNotify) -> None:
    """Send a message to every URL of the file.

    Raises:
        NotToldError: a service did not take it.
        UsageError: the file cannot be read, holds no URL that apprise knows, or apprise is not installed.
    """
    assert notify.apprise_file is not None  # noqa: S101 - the caller looked
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError("apprise_file needs apprise: pip install 'contacts-importer[notify]'.") from None
    services = apprise.Apprise()
    for line in read_secret(notify.apprise_file, f"apprise_file, {notify.apprise_file}").splitlines():
        if line.strip() and not line.startswith("#") and not services.add(line.strip()):
            raise UsageError(f"A line of {notify.apprise_file} is no URL that apprise knows.")
    if not services.notify(title=message.subject, body=message.text):
        raise NotToldError("a service of apprise_file did not take it")
