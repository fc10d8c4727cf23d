"""Which key a person means: by its id, its fingerprint as a letter writes it, or an alias that has only one key in use."""

from connector.keys import words
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.entries import ANY
from transports.sealing.keyring.index import ACTIVE, INTERNATIONAL, RETIRED, Entry
from transports.sealing.keyring.lasting_keys import AUDIT, MASTER

_ID_DIGITS = 8  # so many, at the least, name a key


def find(ring: KeyRing, said: str) -> Entry:
    """The one entry. Raises LedgerError key-unknown, key-ambiguous."""
    entries = ring.list()
    digits = digits_of(said)
    by_id = [each for each in entries if digits and _begins(each, digits)]
    by_alias = [each for each in entries if each.alias == said]
    found = by_id or [each for each in by_alias if each.state == ACTIVE] or by_alias
    if not found:
        raise words.say(words.UNKNOWN, said=said)
    if len({each.id for each in found}) > 1:
        listed = ", ".join(f"{each.id} ({each.alias}, {each.state})" for each in found)
        raise words.say(words.SEVERAL, said=said, found=listed)
    return found[0]


def digits_of(said: str) -> str:
    """The digits of an id or a fingerprint, as it begins; empty where they are too few to name a key."""
    digits = said.replace(":", "").replace(" ", "").lower()
    return digits if len(digits) >= _ID_DIGITS else ""


def find_to_hand(ring: KeyRing, said: str, kind: str = "") -> Entry:
    """Which certificate is handed over or compared: the newest of an alias (and kind), or the one an id or fingerprint names.

    Raises LedgerError key-unknown, key-ambiguous, key-of-the-ring, key-state (it is not in use), key-kind-open (the alias has several);
    UnknownKey key-missing, alias-blocked.
    """
    if said in {each.alias for each in ring.list() if each.dated}:
        found = ring.active(said, kind)
        kinds = {each.kind for each in found}
        if len(kinds) > 1:
            raise words.say(words.KIND_OPEN, said=said, found=", ".join(sorted(kinds)))
        return found[0]
    entry = find_dated(ring, said)
    if not entry.kind.startswith(kind):
        raise words.say(words.UNKNOWN, said=f"{said} ({kind})")
    if entry.state != ACTIVE:
        raise words.say(words.NOT_SO, said=f"{entry.alias} ({entry.id})", state=entry.state)
    return entry


def kind_to_make(ring: KeyRing, alias: str, use: str) -> str:
    """Of what kind a key is where nobody said: as the keys this alias has for that use. Raises LedgerError key-kind-open."""
    used = [each for each in ring.list() if each.own and each.dated and (each.alias, each.use) == (alias, use)]
    kinds = {each.kind for each in used if each.state == ACTIVE} or {each.kind for each in used}
    if not kinds and use == ANY:
        return "pgp-ed25519"
    if not kinds and ring.suite == INTERNATIONAL:
        return "ec-p256"
    if len(kinds) != 1:
        raise words.say(words.KIND_OPEN, said=alias, found=", ".join(sorted(kinds)) or "sm2, ec-p256, …")
    return kinds.pop()


def _begins(entry: Entry, digits: str) -> bool:
    """An OpenPGP certificate has an id of its own: its fingerprint stays when its dates change."""
    return entry.id.startswith(digits) or entry.fingerprint.startswith(digits)


def find_stoppable(ring: KeyRing, said: str) -> Entry:
    """The same, but not the master key, which everything that is kept hangs on. Raises LedgerError key-of-the-ring too."""
    entry = find(ring, said)
    if entry.use == MASTER or (entry.use == AUDIT and entry.state == RETIRED):
        raise words.say(words.WHOLE_RING, said=entry.alias)
    return entry


def find_dated(ring: KeyRing, said: str) -> Entry:
    """The same, but no key that lasts as long as the ring (master, audit). Raises LedgerError key-of-the-ring too."""
    entry = find(ring, said)
    if not entry.dated:
        raise words.say(words.WHOLE_RING, said=entry.alias)
    return entry
