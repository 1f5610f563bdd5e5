"""Receivers of notices on loopback: a mail server that speaks SMTP, and an HTTP server that keeps what is posted."""

import base64
import socketserver
import ssl
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self


@dataclass
class Mailbox:
    """A mail server; encrypted if it has a context, and then it takes no mail without a login.

    Attributes:
        mails: what came in, with the recipients of each.
        logins: user and password of each login, and whether it was encrypted.
        refuses: whether it takes no mail.
    """

    context: ssl.SSLContext | None = None
    mails: list[tuple[list[str], Message]] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    refuses: bool = False

    def __enter__(self) -> Self:
        box = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError), ExitStack() as stack:  # a client that does not trust it
                    box._serve(self, stack)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def _serve(self, session: Any, stack: ExitStack) -> None:  # noqa: C901 - a word of the protocol a branch
        reader, sock, is_encrypted, to = session.rfile, session.request, False, []

        def say(text: str) -> None:
            sock.sendall(f"{text}\r\n".encode())

        say("220 loopback")
        while line := reader.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "EHLO":
                offers = ["AUTH PLAIN"] if is_encrypted else ["STARTTLS"] if self.context else ["SIZE 1000000"]
                say(f"250-loopback\r\n250 {offers[0]}")
            elif word == "STARTTLS" and self.context:
                say("220 go on")
                sock = stack.enter_context(
                    self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                )
                sock.do_handshake()
                reader, is_encrypted = stack.enter_context(sock.makefile("rb")), True
            elif word == "AUTH":
                _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                self.logins.append((user, password, is_encrypted))
                say("235 welcome")
            elif word == "MAIL" and (self.refuses or (self.context and not self.logins)):
                say("550 not here")
            elif word == "RCPT":
                to.append(line.partition("<")[2].partition(">")[0])
                say("250 ok")
            elif word == "DATA":
                say("354 go on")
                lines = []
                while (text := reader.readline()) != b".\r\n":
                    lines.append(text.removeprefix(b".") if text.startswith(b"..") else text)
                self.mails.append((to, message_from_bytes(b"".join(lines))))
                to = []
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@dataclass
class Hook:
    """An HTTP server that keeps each body that is posted to it, with its headers and its path."""

    status: int = 204
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        hook = self

        class Post(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                hook.paths.append(self.path)
                self.send_response(hook.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Post)
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook?of=tests"
