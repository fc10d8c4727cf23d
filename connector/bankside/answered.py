"""Which answer belongs to a question: for a centre that asks for it by the name of what it sent."""

import hashlib

from bank_profiles.language.profile import Profile
from connector.bankside.desk import ANSWERED, DONE, Desk
from connector.bankside.journal import Journal, Parcel


class Answered:
    """Of one bank: what was answered and lies ready for the centre."""

    def __init__(self, desk: Desk, profile: Profile) -> None:
        self._desk, self._profile = desk, profile

    def name(self, question: str) -> str:
        """The name of the answer to the inquiry ``question``; empty where there is none yet."""
        parcel = self._parcel(question)
        return parcel.name if parcel else ""

    def to(self, question: str) -> bytes | None:
        """The sealed answer itself; None where there is none yet."""
        parcel = self._parcel(question)
        return b"".join(self._desk.objects().get(parcel.digest)) if parcel else None

    def _parcel(self, question: str) -> Parcel | None:
        asked = self._desk.root / DONE / question
        if not asked.is_file():
            return None
        note = Journal(self._desk.root / ANSWERED).of_inquiry(hashlib.sha256(asked.read_bytes()).hexdigest())
        offered = {remote.name for remote in self._desk.counter(self._profile).list()}
        return next((parcel for parcel in note.parcels if parcel.name in offered), None) if note else None
