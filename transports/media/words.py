"""What can be wrong with a medium, each said once: a stable code, the sentence in English, the sentence in Chinese."""

from transports.errors import Refused
from transports.words import Words, say

UNKNOWN: Words = (
    "media-unknown",
    "M901: this medium is not registered or was imported already. Do not read it; ask where it comes from.",
    "M901：登记簿中没有此介质，或已导入过。请勿读取，并查明来源。",
)
NOT_EMPTY: Words = (
    "media-not-empty",
    "The folder for the medium is not an empty folder; nothing was written. Give an empty one: nothing else may lie on a medium.",
    "介质目录不是空目录，未写入任何内容；请指定空目录：介质上不得有其他内容。",
)
CAPACITY: Words = (
    "media-capacity",
    "The capacity is too small for a volume; nothing was written. Give at least 1 MB.",
    "容量过小，无法分卷，未写入任何内容；请至少指定 1 MB。",
)
FULL: Words = (
    "media-full",
    "The medium is full; what was written was removed again. Take one with more room or give a smaller --capacity.",
    "介质已满，已写入的内容已清除；请换更大的介质或指定较小的 --capacity。",
)
UNREADABLE: Words = (
    "media-unreadable",
    "The medium cannot be read or was pulled out; nothing of it was taken in. Clean or re-insert it and repeat; else ask for a copy.",
    "介质无法读取或已被拔出，未导入任何内容；请清洁或重新插入后重试，仍不行请对方重新刻录。",
)
UNWRITABLE: Words = (
    "media-unwritable",
    "The medium cannot be written or was pulled out; what was written was removed as far as possible. Repeat on another medium.",
    "介质无法写入或已被拔出，已尽可能清除已写入的内容；请换一张介质重试。",
)
EMPTY: Words = (
    "media-empty",
    "Nothing lies on the medium; nothing was taken in. Ask the sender whether this is the right one.",
    "介质上没有任何内容，未导入；请与对方核实是否取错。",
)
LINK: Words = (
    "media-link",
    "A link lies on the medium; nothing of it was taken in. Keep it sealed and ask the sender.",
    "介质上有符号链接，未导入任何内容；请封存介质并与对方核实。",
)
SPECIAL: Words = (
    "media-special",
    "A device, pipe or socket lies on the medium; nothing of it was taken in. Keep it sealed and ask the sender.",
    "介质上有设备、管道或套接字文件，未导入任何内容；请封存介质并与对方核实。",
)
FOLDER: Words = (
    "media-folder",
    "A folder lies on the medium; a medium holds files alone. Nothing was taken in; ask the sender for a clean one.",
    "介质上有子目录，介质只应有文件；未导入任何内容，请对方重新制作。",
)
HIDDEN: Words = (
    "media-hidden",
    "A hidden file lies on the medium; nothing of it was taken in. Keep it sealed and ask the sender.",
    "介质上有隐藏文件，未导入任何内容；请封存介质并与对方核实。",
)
AUTORUN: Words = (
    "media-autorun",
    "A file that starts by itself lies on the medium; nothing of it was taken in. Keep it sealed and tell your security officer.",
    "介质上有自动运行文件，未导入任何内容；请封存介质并报告安全管理员。",
)
PROGRAM: Words = (
    "media-program",
    "A program lies on the medium; nothing of it was taken in. Keep it sealed and tell your security officer.",
    "介质上有可执行程序，未导入任何内容；请封存介质并报告安全管理员。",
)
UNLISTED: Words = (
    "media-unlisted",
    "A file lies on the medium that its list does not name; nothing was taken in. Ask the sender.",
    "介质上有清单未列的文件，未导入任何内容；请与对方核实。",
)
MISSING: Words = (
    "media-missing",
    "A file of the list does not lie on the medium; nothing was taken in. Ask the sender for a whole copy.",
    "清单所列文件在介质上缺失，未导入任何内容；请对方重新制作。",
)
NAME: Words = (
    "media-name",
    "A file on the medium has a name we do not take; nothing was taken in. Ask the sender.",
    "介质上有名称不可用的文件，未导入任何内容；请与对方核实。",
)
TOO_LARGE: Words = (
    "media-too-large",
    "A file or the list on the medium is larger than allowed; nothing was taken in. Ask the sender.",
    "介质上的文件或清单超过允许的大小，未导入任何内容；请与对方核实。",
)
LIST_MISSING: Words = (
    "media-list-missing",
    "The list of the medium is not on it, so nothing can be proved; nothing was taken in. Ask the sender for a whole copy.",
    "介质上没有清单，无法核验；未导入任何内容，请对方重新制作。",
)
LIST_BROKEN: Words = (
    "media-list-broken",
    "The list of the medium cannot be understood or contradicts itself; nothing was taken in. Ask the sender for a whole copy.",
    "介质清单无法识别或前后矛盾，未导入任何内容；请对方重新制作。",
)
UNSIGNED: Words = (
    "media-unsigned",
    "The list of the medium is not signed as agreed; nothing was taken in. Ask the sender.",
    "介质清单未按约定签名，未导入任何内容；请与对方核实。",
)
DIGEST: Words = (
    "media-digest",
    "A file on the medium is not what its list says (digest or size); nothing was taken in. Ask the sender for a new copy.",
    "介质上的文件与清单不符（摘要或大小），未导入任何内容；请对方重新制作。",
)
OTHER_BANK: Words = (
    "media-other-bank",
    "The list on the medium names another bank or the other direction ({said}); the register says {wanted}. Nothing was taken in, and the"
    " medium that is registered is still awaited. Look for an exchange of media, and give this one to nobody but its bank.",
    "介质清单所称银行或方向（{said}）与登记（{wanted}）不符；未导入任何内容，登记的介质仍在等待。请核查是否调换，此介质只可交还其银行。",
)
OTHER_CENTRE: Words = (
    "media-other-centre",
    "The list on the medium names another centre ({said}), not ours ({wanted}). Nothing was taken in, and the medium that is registered is"
    " still awaited. Keep this one sealed and ask the sender.",
    "介质清单所称中心（{said}）不是本中心（{wanted}）；未导入任何内容，登记的介质仍在等待。请封存此介质并与对方核实。",
)
OTHER_LABEL: Words = (
    "media-other-label",
    "The list on the medium names the label {said}, the register {wanted}; nothing was taken in. Look for an exchange of media.",
    "介质清单中的标签（{said}）与登记（{wanted}）不符，未导入任何内容；请核查介质是否调换。",
)
OTHER_VOLUME: Words = (
    "media-other-volume",
    "The list on the medium names the volume {said}, the register {wanted}; nothing was taken in. Compare the slips.",
    "介质清单所称的卷（{said}）与登记（{wanted}）不符，未导入任何内容；请核对交接单。",
)
VOLUME_TWICE: Words = (
    "media-volume-twice",
    "This volume of the set is registered under another label already; nothing was taken in. Compare the slips.",
    "本套的这一卷已以其他标签登记，未导入任何内容；请核对交接单。",
)
READBACK: Words = (
    "media-readback",
    "What was read back from the medium is not what was written; it must not leave the house. Take another medium.",
    "回读内容与写入的不一致，该介质不得交出；请换一张介质重写。",
)


class Spoilt(Refused):
    """The very medium that is awaited, as its signed list proves, and not as that list says: it is bad in itself."""


def refused(words: Words, kind: type[Refused] = Refused) -> Refused:
    """A medium that is set apart, in these words."""
    return say(kind, words)


def another(words: Words, said: str, wanted: str) -> Refused:
    """Another medium than the one awaited. ``said`` is what its list says of itself: shown, cut short, and believed by nobody."""
    code, en, zh = words
    shown = "".join(sign for sign in said if sign.isprintable())[:64] or "?"
    return Refused(en.format(said=shown, wanted=wanted), zh.format(said=shown, wanted=wanted), code=code)
