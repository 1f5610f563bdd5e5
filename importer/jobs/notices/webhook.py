"""A signed POST: ``X-Importer-Signature: sha256=HMAC(secret, body)``. No redirect is followed, no proxy is asked."""

import hashlib
import hmac
import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from importer.jobs.notices.message import Message
from importer.jobs.notices.telling import NotToldError
from importer.settings.job import JobNotify
from importer.settings.key import read_secret

_TIMEOUT_S = 10


def send(message: Message, notify: JobNotify) -> None:
    """Post a message.

    Raises:
        NotToldError: it was not taken with a status of 2xx.
        UsageError: the secret cannot be read.
    """
    assert notify.webhook is not None  # noqa: S101 - the job's model holds to it
    assert notify.secret_file is not None  # noqa: S101
    secret = read_secret(notify.secret_file, f"secret_file, {notify.secret_file}")
    body = json.dumps(message.content | {"id": message.id, "text": message.text}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Importer-Signature": f"sha256={signature(secret, body)}",
        "X-Importer-Id": message.id,
    }
    url = urlsplit(notify.webhook)
    path = f"{url.path or '/'}{f'?{url.query}' if url.query else ''}"
    connection: HTTPConnection
    if url.scheme == "https":
        context = ssl.create_default_context()
        connection = HTTPSConnection(url.hostname or "", url.port, timeout=_TIMEOUT_S, context=context)
    else:
        connection = HTTPConnection(url.hostname or "", url.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise NotToldError(f"the webhook cannot be reached ({type(error).__name__})") from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotToldError(f"the webhook answered {status}")


def signature(secret: str, body: bytes) -> str:
    """Return the HMAC-SHA-256 of a body, hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
