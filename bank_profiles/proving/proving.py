"""Proves a profile: its examples hold, rows made up from it come back equal in both directions, damage to good files is noticed."""

from pathlib import Path

from bank_profiles.checks.examples import lacking_examples
from bank_profiles.errors import Text
from bank_profiles.examples import run_example
from bank_profiles.faulting import of_example
from bank_profiles.language.profile import Profile
from bank_profiles.proving.damage import WAYS
from bank_profiles.proving.noticing import damages
from bank_profiles.proving.proof import Proof, Trial, What, told
from bank_profiles.proving.round_trips import round_trips


def prove(profile: Profile, folder: Path) -> Proof:
    """All trials of one profile; ``folder`` holds its samples/."""
    kinds: tuple[What, ...] = ("example", "round trip", *WAYS)
    proof = Proof(profile, {what: Trial(what) for what in kinds}, lacking_examples(profile))
    _examples(proof, folder)
    for side in profile.sides:
        round_trips(proof, side, folder)
    damages(proof, folder)
    return proof


def _examples(proof: Proof, folder: Path) -> None:
    trial = proof.trials["example"]
    for number, example in enumerate(proof.profile.examples):
        found = run_example(proof.profile, number, folder)
        trial.tried += 1
        trial.good += not found
        proof.problems += found
        if found:
            what = of_example(example, _NOT_TRIED)
            proof.problems.append(told(proof.profile, ("examples", number, "name"), "unproved", what, _FIRST, "warning"))


_NOT_TRIED = Text("does not hold: it is neither damaged nor written and read back", "不成立：未作损坏检验，也未写出再读回")
_FIRST = Text("mend it first, then test again", "请先更正该样例，再检验")
