"""E-mail by SMTP: encrypted where the server offers it, and a password never without that."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import urlsplit

from importer.jobs.notices.message import Message
from importer.jobs.notices.telling import NotToldError
from importer.settings.job import JobNotify
from importer.settings.key import read_secret

_TIMEOUT_S = 10


def send(message: Message, notify: JobNotify) -> None:
    """Send a message to every address.

    Raises:
        NotToldError: the server did not take it for all of them.
        UsageError: the password cannot be read.
    """
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = notify.email_from
    mail["To"] = ", ".join(notify.email)
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.id}@importer>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    try:
        with _server(notify) as server:
            if notify.smtp_user is not None and notify.smtp_password_file is not None:
                origin = f"smtp_password_file, {notify.smtp_password_file}"
                server.login(notify.smtp_user, read_secret(notify.smtp_password_file, origin))
            if refused := server.send_message(mail):
                raise NotToldError(f"the mail server refused {len(refused)} of {len(notify.email)} addresses")
    except (OSError, smtplib.SMTPException) as error:
        raise NotToldError(f"the mail server did not take it ({type(error).__name__})") from None


def _server(notify: JobNotify) -> smtplib.SMTP:
    """Return a connection, encrypted if it can be.

    Raises:
        NotToldError: a password would travel in the clear.
    """
    url, context = urlsplit(notify.smtp or ""), ssl.create_default_context()
    host = url.hostname or ""
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(host, url.port or 465, timeout=_TIMEOUT_S, context=context)
    server = smtplib.SMTP(host, url.port or 587, timeout=_TIMEOUT_S)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    elif notify.smtp_user is not None:
        server.close()
        raise NotToldError("the mail server offers no encryption, and a password is not sent without it")
    return server
