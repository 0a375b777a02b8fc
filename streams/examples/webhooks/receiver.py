"""Receives webhooks, in Python: pip install standardwebhooks; python receiver.py SECRET [PORT].

Shows the three things every receiver does: it checks the signature over the bytes as they came,
leaves out what it has seen (the same webhook-id), and answers 2xx only once the work is done.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver(BaseHTTPRequestHandler):
    """Prints one line of JSON for every new change."""

    checker: Webhook
    seen: set[str] = set()  # in earnest: a unique column in your database

    def do_POST(self) -> None:
        """Take one message."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            message = self.checker.verify(body, dict(self.headers.items()))
        except (WebhookVerificationError, ValueError):
            self._answer(400)  # not from us, altered, or more than five minutes old
            return
        number = self.headers["webhook-id"]
        if number not in self.seen:
            print(json.dumps({"id": number, **message}, ensure_ascii=False), flush=True)
            self.seen.add(number)
        self._answer(204)  # anything but 2xx: it comes again, later and later

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The changes are what is printed."""


def main(secret: str, port: str = "8088") -> None:
    """Serve until Ctrl-C."""
    Receiver.checker = Webhook(secret)
    ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver).serve_forever()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except KeyboardInterrupt:
        sys.exit(0)
