"""What the keys of an alias are for: what comes under it must be for that, lest two certificates were exchanged on their way."""

from pathlib import Path

from connector.keys import words
from connector.keys.touched import connections_naming
from transports.sealing.keyring.entries import ANY
from transports.sealing.refusals import refusal

_OF_ROLE = {"bank_sign": "sign", "our_sign": "sign", "bank_encrypt": "encrypt", "our_decrypt": "encrypt"}
_OF_LAST_WORD = {
    "sign": "sign",
    "encrypt": "encrypt",
    "decrypt": "encrypt",
}  # as init and the docs name them: us/sign, BANK/encrypt


def expect_purpose(folder: Path, alias: str, use: str) -> None:
    """May a key for ``use`` (sign, encrypt, any; empty for neither) come under this alias of the deployment in ``folder``?

    The connections that name an alias say what it is for; of one that none names, its last word does, if it is such a word.
    Raises LedgerError, UnknownKey key-use-differs.
    """
    if not use:
        raise refusal("key-use-differs")
    named, _ = connections_naming(folder / "connections", alias)
    roles = {_OF_ROLE[role] for each in named for role in each["as"]}
    last = _OF_LAST_WORD.get(alias.rpartition("/")[2])
    wanted = roles or ({last} if last else set())
    if wanted and use not in (*wanted, ANY):
        raise words.say(words.OTHER_USE, said=alias, wanted=wanted.pop(), use=use)
