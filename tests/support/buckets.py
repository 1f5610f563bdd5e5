"""Object storage on loopback: each function gives what puts an object into a bucket, and the environment to find it.

S3 is moto's. Google's client speaks the XML form of its API, which is that of S3, so it reads from moto, too: a server
made after Google's was not to be had. Azure is Azurite, Microsoft's own emulator (``npm install azurite``).
"""

import json
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

Put = Callable[[str, bytes], None]
_AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of the account that every Azurite has: public, and of no use elsewhere."""
_KEYS = {"AWS_ACCESS_KEY_ID": "of-tests", "AWS_SECRET_ACCESS_KEY": "of-tests", "AWS_REGION": "us-east-1"}


@contextmanager
def s3(bucket: str) -> Iterator[tuple[Put, dict[str, str]]]:
    """A bucket of moto's, without encryption."""
    with _moto(None) as url:
        yield _in_moto(url, bucket, None), _KEYS | {"AWS_ENDPOINT_URL": url}


@contextmanager
def gs(bucket: str) -> Iterator[tuple[Put, dict[str, str]]]:
    """A bucket for Google's client: encrypted, since that speaks nothing else."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with tempfile.TemporaryDirectory() as folder, _moto(context) as url:
        trusted, account = Path(folder) / "ca.pem", Path(folder) / "account.json"
        authority.cert_pem.write_to_path(str(trusted))
        names = {"client_email": "", "private_key": "", "private_key_id": ""}
        account.write_text(json.dumps(names | {"gcs_base_url": url, "disable_oauth": True}), "utf-8")
        environment = {"GOOGLE_SERVICE_ACCOUNT": str(account), "SSL_CERT_FILE": str(trusted)}
        yield _in_moto(url, bucket, str(trusted)), environment


@contextmanager
def az(bucket: str) -> Iterator[tuple[Put, dict[str, str]]]:
    """A container of Azurite."""
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite-blob is not installed: npm install azurite")
    blob: Any = pytest.importorskip("azure.storage.blob", reason="not installed: pip install azure-storage-blob")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]
        process = subprocess.Popen(
            [program, *options, "--blobPort", str(port)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port)
            account = f"AccountName=devstoreaccount1;AccountKey={_AZURITE_KEY}"
            service = blob.BlobServiceClient.from_connection_string(
                f"DefaultEndpointsProtocol=http;{account};BlobEndpoint={url}/devstoreaccount1;"
            )
            with service:
                service.create_container(bucket)

                def put(key: str, content: bytes) -> None:
                    service.get_blob_client(bucket, key).upload_blob(content, overwrite=True)

                yield put, {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": url}
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _moto(context: ssl.SSLContext | None) -> Iterator[str]:
    """The address of a server of moto's."""
    moto: Any = pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")
    from werkzeug.serving import make_server  # noqa: PLC0415 - comes with moto
    from werkzeug.test import Client  # noqa: PLC0415 - comes with moto

    application = _as_google_has_it(moto.DomainDispatcherApplication(moto.create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        Client(application).post("/moto-api/reset")  # its buckets are the process's, not the server's


def _as_google_has_it(application: Any) -> Callable[[dict[str, Any], Any], Any]:
    """Moto's server for Google's client as well: signed as in S3, and with its word for a condition.

    "Only if there is no object of this name" is ``x-goog-if-generation-match: 0`` there, ``If-None-Match: *`` in S3:
    https://cloud.google.com/storage/docs/xml-api/reference-headers.
    """

    def answer(environ: dict[str, Any], start: Any) -> Any:
        if not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4"):
            environ["HTTP_AUTHORIZATION"] = "AWS4-HMAC-SHA256 Credential=of-tests/20260101/us-east-1/s3/aws4_request"
        if environ.pop("HTTP_X_GOOG_IF_GENERATION_MATCH", None) == "0":
            environ["HTTP_IF_NONE_MATCH"] = "*"
        return application(environ, start)

    return answer


def _in_moto(url: str, bucket: str, trusted: str | None) -> Put:
    """What puts objects into a new bucket."""
    import boto3  # noqa: PLC0415 - comes with moto

    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        verify=trusted,
        aws_access_key_id="of-tests",
        aws_secret_access_key="of-tests",
    )
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=bucket)

    def put(key: str, content: bytes) -> None:
        client.put_object(Bucket=bucket, Key=key, Body=content)

    return put


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.fail("Azurite did not start")
