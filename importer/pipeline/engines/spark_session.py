"""Sessions of a cluster, or of an engine within this process that speaks as one does."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from importer.errors import UsageError
from importer.settings.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXTRA = "pip install 'contacts-importer[spark]'"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the client's warnings from people: they are about versions of pandas, and no frame of pandas is made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def session_of(settings: Settings) -> Iterator[tuple["SparkSession", bool]]:
    """Yield a session of the cluster that is named (``--spark``, ``SPARK_REMOTE``) and False, or one here and True.

    Raises:
        UsageError: the cluster cannot be reached, or there is no engine on this machine.
    """
    address = settings.spark or os.environ.get("SPARK_REMOTE")
    with quiet():
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

        if address is not None:
            with _closed(_opened(SparkSession, address)) as session:
                yield session, False
            return
        os.environ.setdefault("RUST_LOG", "error")
        try:
            from pysail.spark import SparkConnectServer  # noqa: PLC0415 - an extra
        except ImportError:
            raise UsageError(
                f"Name a cluster (--spark sc://HOST), or install an engine for this machine: {EXTRA}"
            ) from None
        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        try:
            with _closed(_opened(SparkSession, f"sc://127.0.0.1:{server.listening_address[1]}")) as session:
                yield session, True
        finally:
            server.stop()


@contextmanager
def _closed(session: "SparkSession") -> Iterator["SparkSession"]:
    try:
        yield session
    finally:
        with suppress(Exception):  # what was written is on the disk: a session that cannot be closed changes nothing
            session.stop()


def _opened(builder: Any, address: str) -> "SparkSession":
    """Return a session of the cluster at an address.

    Raises:
        UsageError: it cannot be reached.
    """
    try:
        session: SparkSession = builder.builder.remote(address).create()
        session.range(1).collect()  # the client connects only when there is something to do
    except Exception as error:
        raise UsageError(f"The cluster {address} cannot be used ({type(error).__name__}). Check --spark.") from error
    return session
