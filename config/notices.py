"""Who is told of what is due and overdue, and how: DIR/notices.yaml. Without it reminders are records alone."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from config.words import Secret, Word
from config.yaml_file import Section, read_model

FILE = "notices.yaml"
Receiver = Literal["bank", "supervisor"]
Address = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}$")]


class Step(Section):
    """One step of the ladder: when a batch is told of, and to whom. ``workdays``: so many working days after its deadline."""

    when: Literal["due-next", "due-today", "overdue"]
    workdays: int | None = Field(default=None, ge=1, le=60)
    to: tuple[Receiver, ...] = ("bank",)

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if (self.when == "overdue") != (self.workdays is not None):
            raise PydanticCustomError("step_workdays", "overdue, and only overdue, needs workdays")
        return self

    @property
    def name(self) -> str:
        """``due-next``, ``due-today``, ``overdue-3``."""
        return f"{self.when}-{self.workdays}" if self.workdays else self.when


LADDER = (
    Step(when="due-next"),
    Step(when="due-today"),
    Step(when="overdue", workdays=1),
    Step(when="overdue", workdays=3, to=("bank", "supervisor")),
    Step(when="overdue", workdays=5, to=("bank", "supervisor")),
)


class Mail(Section):
    """The mail server letters are handed to, over TLS always. ``authority``: a PEM file in DIR; none: the system's."""

    host: Annotated[str, StringConstraints(min_length=1)]
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "implicit"] = "starttls"
    sender: Address
    user: str | None = None
    password: Secret | None = None
    authority: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise PydanticCustomError("mail_login", "needs both user and password, or neither")
        return self


class Webhook(Section):
    """What signs the messages that are posted (HMAC-SHA256). ``authority``: as for mail."""

    key: Secret
    authority: str | None = None


class Contact(Section):
    """Where somebody is told."""

    mail: tuple[Address, ...] = ()
    webhook: str | None = None

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.webhook is not None and not _is_guarded(self.webhook):
            raise PydanticCustomError("webhook_line", "webhook must be https://…; http:// only to this machine")
        return self


class Notices(Section):
    """DIR/notices.yaml. ``contacts``: by institution code."""

    steps: tuple[Step, ...] = LADDER
    mail: Mail | None = None
    webhook: Webhook | None = None
    contacts: Mapping[Word, Contact] = {}
    supervisor: Contact | None = None

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if len({step.name for step in self.steps}) < len(self.steps):
            raise PydanticCustomError("step_twice", "a step stands twice")
        every = [*self.contacts.values(), *([self.supervisor] if self.supervisor else [])]
        if any(each.mail for each in every) and self.mail is None:
            raise PydanticCustomError("mail_missing", "somebody is told by mail, and mail (the server) is not set")
        if any(each.webhook for each in every) and self.webhook is None:
            raise PydanticCustomError("webhook_missing", "somebody is told by webhook, and webhook (the key) is not set")
        return self

    def contact(self, receiver: str, institution: str) -> Contact:
        """Where a receiver is told; nowhere where nothing is set."""
        found = self.supervisor if receiver == "supervisor" else self.contacts.get(institution)
        return found or Contact()


def read_notices(folder: Path) -> Notices:
    """The deployment's; without the file the usual ladder and nobody to tell. Raises BadSettings."""
    path = folder / FILE
    return read_model(path, Notices) if path.is_file() else Notices()


def _is_guarded(url: str) -> bool:
    try:
        said = urlsplit(url)
        host = said.hostname or ""
        here = host == "localhost" or (bool(host) and ip_address(host).is_loopback)
    except ValueError:
        here = False
    return bool(host) and (said.scheme == "https" or (said.scheme == "http" and here))
