"""A profile's manners as a transport takes them. A road or a seal that this release does not travel is refused by name, never guessed."""

from bank_profiles.errors import BadProfile, Problem, Text
from bank_profiles.language.channel import FlagFile, Folders, Sftp, StableSize
from bank_profiles.language.profile import Profile
from transports.manners import Manners, Ready
from transports.sealing.cms import SUITES


def travelled(profile: Profile) -> Folders:
    """The folders of a profile whose road and seal we have. Raises BadProfile (road-not-travelled, seal-not-made)."""
    channel = profile.channel
    if channel.seal not in SUITES:
        raise _refused(profile, "seal-not-made", "seal", channel.seal, ", ".join(SUITES))
    if not isinstance(channel, Sftp):
        raise _refused(profile, "road-not-travelled", "kind", channel.kind, "sftp")
    return channel


def ready(folders: Folders) -> Ready:
    """How either side says that a file is whole."""
    said = folders.ready
    if isinstance(said, FlagFile):
        return Ready(kind="flag_file", flag=said.name)
    return Ready(kind="stable_size", for_s=said.for_.total_seconds()) if isinstance(said, StableSize) else Ready(kind="renamed")


def manners(folders: Folders) -> Manners:
    """What stands in the profile of how files come and go."""
    return Manners(
        send_dir=folders.send_dir,
        take_dir=folders.take_dir,
        done_dir=folders.done_dir or "",
        ready=ready(folders),
        tmp=folders.tmp,
        after_read=folders.after_read,
    )


def _refused(profile: Profile, code: str, key: str, said: str, known: str) -> BadProfile:
    problem = Problem(
        code=code,
        place=profile.origin.value("channel", key),
        what=Text(f"the profile is good, but this release has no {key} “{said}”", f"画像无误，但本版本尚无 {key}“{said}”"),
        expected=Text(known, known),
        hint=Text(
            "its files can be read and written offline (profile read, profile write); this bank is not connected, the others are",
            "可离线读写其文件（profile read、profile write）；该银行暂不连接，其他银行照常",
        ),
    )
    return BadProfile([problem])
