"""An SFTP server on loopback, of paramiko's own server side, that shows one folder of this machine."""

import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import paramiko

PASSWORD = "a-password-of-tests"


class _Login(paramiko.ServerInterface):  # type: ignore[misc]
    def check_auth_password(self, username: str, password: str) -> int:
        is_known = (username, password) == ("feed", PASSWORD)
        return int(paramiko.AUTH_SUCCESSFUL if is_known else paramiko.AUTH_FAILED)

    def check_channel_request(self, *_: Any) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def get_allowed_auths(self, *_: Any) -> str:
        return "password"


class _Folder(paramiko.SFTPServerInterface):  # type: ignore[misc]
    def __init__(self, server: Any, root: Path) -> None:
        super().__init__(server)
        self._root = root

    def list_folder(self, path: str) -> Any:
        try:
            entries = list(self._here(path).iterdir())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return [paramiko.SFTPAttributes.from_stat(entry.lstat(), entry.name) for entry in entries]

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._here(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:  # noqa: ARG002 - the library's signature
        try:
            file = os.fdopen(os.open(self._here(path), os.O_RDONLY), "rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = file
        return handle

    def _here(self, path: str) -> Path:
        return self._root / path.lstrip("/")


@dataclass
class SftpServer:
    """Shows ``root`` to the user ``feed``; ``known_hosts`` is the line that trusts it."""

    root: Path
    _threads: list[Any] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._key = paramiko.ECDSAKey.generate()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.known_hosts = f"[127.0.0.1]:{self.port} {self._key.get_name()} {self._key.get_base64()}\n"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in self._threads:
            transport.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, self.root)
            with suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=_Login())
            self._threads.append(transport)
