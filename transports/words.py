"""What goes wrong on any road, said once: a stable code, the sentence in English, the sentence in Chinese."""

from typing import TypeVar

from transports.errors import TransportError

Words = tuple[str, str, str]
E = TypeVar("E", bound=TransportError)

BROKEN: Words = ("line-broken", "The line to the peer broke; it will be tried again.", "与对方的线路中断，稍后将重试。")
SILENT: Words = (
    "timeout",
    "The peer fell silent or was too slow; it will be tried again.",
    "对方无响应或速度过慢，稍后将重试。",
)
BUSY: Words = (
    "remote-busy",
    "The peer takes nothing more for now; it will be tried again.",
    "对方暂不受理，稍后将重试。",
)
UNREACHABLE: Words = ("unreachable", "The peer cannot be reached; it will be tried again.", "无法连接对方，稍后将重试。")
NO_ADDRESS: Words = (
    "unknown-host",
    "The peer's name leads to no address; it will be tried again. Check the connection's address and the name service.",
    "对方主机名无法解析，稍后将重试；请检查连接配置中的地址与域名服务。",
)
FOREIGN_ADDRESS: Words = (
    "address-not-allowed",
    "The peer's name leads to an address outside the connection's list; nothing was sent. Compare the address with the peer.",
    "对方主机名解析到连接配置以外的地址，未发送任何内容；请与对方核对地址。",
)
WEAK: Words = (
    "weak-algorithms",
    "The peer offers only algorithms that are no longer safe; nothing was sent. Ask the peer to renew its server.",
    "对方仅提供已不安全的算法，未发送任何内容，请对方升级服务器。",
)
KEY_CHANGED: Words = (
    "host-key-changed",
    "The peer showed a host key that is not pinned; nothing was sent. Compare the fingerprint with the peer by telephone.",
    "对方出示的主机密钥与登记的不一致，未发送任何内容；请电话核对指纹后再更新登记。",
)
LOGIN: Words = (
    "login-refused",
    "The peer refused our user or key; no other way of login was tried. Check the account with the peer.",
    "对方拒绝了用户或密钥，未尝试其他登录方式；请与对方核对账号。",
)
DENIED: Words = (
    "permission",
    "The peer does not allow this; ask it for the rights the interface note gives.",
    "对方拒绝操作，请对方按接口文档开通权限。",
)
FULL: Words = (
    "remote-full",
    "The peer's disk is full or over quota; nothing was left behind. It will be tried again; tell the peer.",
    "对方磁盘已满或超出配额，未留下不完整文件；稍后将重试，请通知对方。",
)
OWN_BYTES: Words = (
    "integrity",
    "Our own copy of the file is not what was sealed; it was not sent. Look at the storage of this service.",
    "本系统保存的文件与封装时不一致，未发送，请检查本机存储。",
)
OWN_STORAGE: Words = (
    "local-storage",
    "Our own copy of the file cannot be read now; look at the storage of this service.",
    "本系统保存的文件暂时无法读取，请检查本机存储。",
)


def say(kind: type[E], words: Words) -> E:
    """An error of this wing in these words."""
    code, en, zh = words
    return kind(en, zh, code=code)
