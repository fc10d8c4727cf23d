"""Dedicated lines over TCP: frames, headers and codes as data; the calling side is a Transport, the called side passes on to one."""

from transports.tcp.client import Tcp
from transports.tcp.dialect import HOUSE, Dialect
from transports.tcp.framing import Framing
from transports.tcp.header import Field, Header
from transports.tcp.mac import Mac
from transports.tcp.messages import Codes, Meaning, Message
from transports.tcp.server import TcpServer
from transports.tcp.session import Heartbeat
from transports.tcp.settings import Deadlines, ServerSettings, TcpSettings

__all__ = [
    "HOUSE",
    "Codes",
    "Deadlines",
    "Dialect",
    "Field",
    "Framing",
    "Header",
    "Heartbeat",
    "Mac",
    "Meaning",
    "Message",
    "ServerSettings",
    "Tcp",
    "TcpServer",
    "TcpSettings",
]
