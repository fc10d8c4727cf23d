"""Roads of folders: SFTP, SFTP to an old server by exception, a mounted directory, our own drop-box. Their manners as a transport takes them."""

from pathlib import Path

from bank_profiles.language.channel import Channel, FlagFile, Folders, StableSize
from bank_profiles.language.channel import Sftp as SftpChannel
from config.road import OldServer as Exempted
from config.road import Road
from config.settings import read_secret, secret_file
from config.yaml_file import BadSettings
from connector.dropbox.box import Box
from connector.roads.journey import Journey
from transports.folder import Folder, FolderSettings
from transports.manners import Manners, Ready
from transports.openssh import OldServer, OldServerSettings, OldSftp
from transports.sftp import Sftp, SftpSettings
from transports.transport import Transport


def folder(journey: Journey) -> Transport:
    """A mounted or synchronised directory."""
    return Folder(FolderSettings(Path(journey.road.folder or ""), _manners(journey)), looks=journey.looks())


def dropbox(journey: Journey) -> Transport:
    """Our own drop-box: what lies in the bank's box there is fetched and brought by its staff (connector/dropbox)."""
    if not journey.institution:  # a carrier has no box: the drop-box is where the ledger is
        raise BadSettings("a drop-box is not reached through a carrier", "投递箱不经前置机转运", code="road-wrong")
    return Box.of(journey.folder, journey.institution).road()


def sftp(journey: Journey) -> Transport:
    """SFTP; by the system's ssh where the connection holds an exception for an old server."""
    account, exempted = journey.road.account, journey.road.old_server
    assert account is not None  # expect_travelled saw to it
    key = account.key.removeprefix("secret:")
    if exempted is None:
        pem = read_secret(journey.folder, key).decode()
        return Sftp(SftpSettings(journey.address(), account.user, pem, journey.pins(), _manners(journey)), looks=journey.looks())
    file, manners = secret_file(journey.folder, key), _manners(journey)
    settings = OldServerSettings(journey.address(), account.user, file, journey.pins(), manners, exception(exempted))
    return OldSftp(settings, today=journey.today, looks=journey.looks())


def exception(said: Exempted) -> OldServer:
    """The exception as the transport takes it. Raises ValueError for what no exception may allow."""
    return OldServer(
        host_key=said.host_key,
        kex=said.kex,
        host_key_algorithms=said.host_key_algorithms,
        reason=said.reason,
        granted_by=said.granted_by,
        until=said.until,
        ciphers=said.ciphers or OldServer.ciphers,
        macs=said.macs or OldServer.macs,
        login_algorithms=said.login_algorithms or OldServer.login_algorithms,
    )


def excused(channel: Channel, road: Road) -> OldServer | None:
    """What is excused of the server this road leads to; nothing where a carrier travels it, whose own settings say so.

    Raises BadSettings (road-wrong) for what no exception may allow.
    """
    if not isinstance(channel, SftpChannel) or road.carrier is not None or road.old_server is None:
        return None
    try:
        return exception(road.old_server)
    except ValueError as wrong:
        raise BadSettings(f"this exception cannot be: {wrong}", f"此例外设置有误：{wrong}", code="road-wrong") from wrong


def leaves_files(channel: Channel) -> bool:
    """Does what we have taken stay where it lies?"""
    return isinstance(channel, Folders) and channel.after_read == "leave"


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


def _manners(journey: Journey) -> Manners:
    assert isinstance(journey.channel, Folders)
    return manners(journey.channel)
