"""Real receivers of reminders on this machine: a mail server that speaks STARTTLS alone, an HTTP server that checks signatures."""

import json
import ssl
import threading
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from connector.notices.webhook import sign
from tests.bucket_server import free_port
from tests.certificates import authority, leaf

KEY = b"of the webhook alone"


class MailServer:
    """Takes letters over TLS from whoever logs in as ``connector`` with ``word``. ``answers``: what it says instead of 250, in turn."""

    def __init__(self, folder: Path) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        issuer = authority()
        self.authority, _ = issuer.write(folder, "mail-authority")
        certificate, key = leaf(issuer).write(folder, "mail")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        options: dict[str, Any] = {"tls_context": context, "require_starttls": True, "auth_required": True}
        self.port = free_port()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="localhost", authenticator=_knows, **options
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(BytesParser(policy=default).parsebytes(content))  # type: ignore[arg-type]
        return "250 taken"


def _knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    known = isinstance(given, LoginPassword) and (given.login, given.password) == (b"connector", b"word")
    return AuthResult(success=known, handled=known)


class Hook:
    """Takes messages whose signature holds. ``statuses``: what it answers instead of 204, in turn."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.statuses: list[int] = []
        self.followed = 0  # what came by a redirect
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signed = f"v1={sign(KEY, self.headers['X-Reminder-Timestamp'], body)}"
                status = hook.statuses.pop(0) if hook.statuses else 204
                if self.headers["X-Reminder-Signature"] != signed:
                    status = 401
                if status == 204:
                    hook.messages.append((self.headers["X-Reminder-Id"], json.loads(body)))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", hook.url + "/elsewhere")
                self.end_headers()

            def do_GET(self) -> None:
                hook.followed += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *said: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/reminders"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
