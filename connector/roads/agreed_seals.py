"""What a profile says of its seals, as the sealing itself understands it."""

from bank_profiles.language.seal import Seal
from transports.sealing.cms.suite import Agreed


def agreed_seal(said: Seal) -> Agreed:
    """A suite by its name, or with what the bank's tools want spelled in another way."""
    if isinstance(said, str):
        return Agreed(said)
    spelled = said.model_dump(exclude={"gcm_oid"})
    return Agreed(**spelled, gcm_oid=10 if said.gcm_oid == "10" else 8)
