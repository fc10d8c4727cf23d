"""A letter by mail: handed to one server over TLS, whose certificate is believed or nothing is sent."""

import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from config.notices import Mail
from connector.notices.letter import Letter, NotTold

WAIT_S = 20


def send(letter: Letter, to: Sequence[str], server: Mail, password: str | None, authority: Path | None, now: datetime) -> None:
    """One letter to all these addresses. Raises NotTold unless the server took it for every one of them."""
    try:
        trusted = ssl.create_default_context(cafile=str(authority) if authority else None)
        with _line(server, trusted) as line:
            if server.user is not None and password is not None:
                line.login(server.user, password)
            refused = line.send_message(_message(letter, to, server.sender, now))
    except (OSError, smtplib.SMTPException, ValueError) as trouble:
        raise _not_told(server.host, trouble) from trouble
    if refused:
        raise _not_told(server.host, smtplib.SMTPRecipientsRefused(refused))


def _line(server: Mail, trusted: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls == "implicit":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=WAIT_S, context=trusted)
    line = smtplib.SMTP(server.host, server.port, timeout=WAIT_S)
    try:
        line.starttls(context=trusted)
    except BaseException:
        line.close()
        raise
    return line


def _message(letter: Letter, to: Sequence[str], sender: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"  # the same when it is sent again
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _not_told(host: str, trouble: Exception) -> NotTold:
    what = type(trouble).__name__
    return NotTold(
        "mail-not-taken",
        f"the mail server {host} did not take it ({what}); it is tried again. If it lasts, check mail in notices.yaml",
        f"邮件服务器 {host} 未接收（{what}），稍后重试；如持续，请检查 notices.yaml 中的 mail",
    )
