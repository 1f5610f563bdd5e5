"""A bulk endpoint that does no more than parse and count: what is left is the client's own speed.

``python -m tests.bench.counting_server`` prints its address on the first line of stdout and ends when its stdin closes.
An argument is a latency in seconds. A GET returns the seconds on the processors that the server itself has taken.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic_core import from_json


class Counting(BaseHTTPRequestHandler):
    """Answers every POST with the number of contacts that it held."""

    protocol_version = "HTTP/1.1"
    latency_s = 0.0

    def do_POST(self) -> None:
        """Parse, count, answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        count = len(from_json(body)["contacts"])
        time.sleep(self.latency_s)
        self._answer({"success": True, "data": {"imported": count, "skipped": 0, "errors": []}})

    def do_GET(self) -> None:
        """Answer with the processor time."""
        self._answer(time.process_time())

    def _answer(self, content: object) -> None:
        answer = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the library's
        """Say nothing."""


if __name__ == "__main__":
    Counting.latency_s = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
