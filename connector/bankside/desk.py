"""A bank's desk: everything one bank needs to answer, joined from its bank.yaml. Mirrors the centre's connection, folders turned round."""

import dataclasses
import functools
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bank_profiles.catalogue import BANKS, Catalogue, with_home
from bank_profiles.errors import BadProfile, Text
from bank_profiles.language.channel import Folders
from bank_profiles.language.profile import Profile
from config.bankside import BankSide, Data, read_bankside
from config.settings import read_secret
from connector.bankside.directory import CsvFolder, Directory, SqlViews
from connector.objects.folder import FolderStore
from connector.own_ring import open_ring_at
from connector.roads import manners
from connector.roads.agreed_seals import agreed_seal
from connector.roads.zip_passwords import expect_zip_password, zip_password
from transports.channel import Aliases, Channel
from transports.folder import Folder, FolderSettings
from transports.manners import Manners, Ready
from transports.sealing.keyring import KeyRing

SIMULATED = Path(__file__).parent / "profiles"  # the product's banks on other roads, for simulated banks
DONE, REFUSED, ANSWERED = "done", "refused", "answered"  # beside the folders of the profile; the centre does not see them


@dataclasses.dataclass(frozen=True)
class Desk:
    """One bank, ready to answer. ``root`` holds the folders of the profile as the centre sees them at ``/``."""

    settings: BankSide
    root: Path
    catalogue: Catalogue
    ring: KeyRing
    directory: Directory
    zip_password: bytes | None = dataclasses.field(default=None, repr=False)  # where the profile says legacy_password: connection

    @classmethod
    def open(cls, path: Path) -> "Desk":
        """The desk of a bank.yaml. Raises BadSettings, BrokenRing."""
        settings, folder = read_bankside(path), path.resolve().parent
        return cls(
            settings=settings,
            root=folder / settings.root,
            catalogue=_catalogue(tuple(folder / place for place in settings.profiles)),
            ring=open_ring_at(folder / settings.ring, folder, settings.hardware),
            directory=open_directory(settings.data, folder, settings.institution.code),
            zip_password=zip_password(folder, settings.zip_password),
        )

    @property
    def code(self) -> str:
        """The institution."""
        return self.settings.institution.code

    def profile(self, now: datetime) -> Profile:
        """The edition that rules on the bank's local day. Raises BadProfile, BadSettings (zip-password-missing)."""
        try:
            profile = self.catalogue.pick(self.settings.profile, now.astimezone(ZoneInfo(self.settings.zone)).date())
        except BadProfile as wrong:
            raise BadProfile([with_home(each, _OWN_PROFILES) for each in wrong.problems]) from None
        expect_zip_password(profile, self.zip_password)
        return profile

    def objects(self) -> FolderStore:
        """The sealed answers as they were delivered."""
        return FolderStore(self.root / ANSWERED / "objects")

    def counter(self, profile: Profile) -> Folder:
        """The bank's folders as the centre reaches them, whatever line a server of ours puts before them."""
        return Folder(FolderSettings(self.root, centre_manners(profile)))

    def mailbox(self, profile: Profile, *, flagged: bool = True, archive: str = DONE) -> Folder:
        """The bank's own folders as its road: what the centre sends is taken, what it takes is sent; read inquiries go to ``archive``."""
        theirs = centre_manners(profile)
        ours = dataclasses.replace(
            theirs,
            send_dir=theirs.take_dir,
            take_dir=theirs.send_dir,
            done_dir=f"/{archive}",
            ready=theirs.ready if flagged else Ready(kind="renamed"),
            after_read="move",
        )
        return Folder(FolderSettings(self.root, ours))

    def channel(self, profile: Profile) -> Channel:
        """The seal of this exchange, seen from the bank."""
        keys = self.settings.keys
        aliases = Aliases(
            peer_encrypt=keys.centre_encrypt,
            peer_sign=keys.centre_sign,
            our_sign=keys.our_sign,
            our_decrypt=keys.our_decrypt,
        )
        return Channel(suite=agreed_seal(profile.channel.seal), ring=self.ring, aliases=aliases)

    def make_folders(self, profile: Profile) -> None:
        """All folders of an exchange, those that are missing."""
        said = centre_manners(profile)
        for folder in (said.send_dir, said.take_dir, said.done_dir, DONE, REFUSED, ANSWERED):
            if folder:
                (self.root / folder.lstrip("/")).mkdir(mode=0o700, parents=True, exist_ok=True)


@functools.cache
def shipped() -> Catalogue:
    """The profiles that come with the product: they do not change while we run, and many banks in one process read them once."""
    return Catalogue([BANKS, SIMULATED])


def _catalogue(own: tuple[Path, ...]) -> Catalogue:
    return Catalogue([BANKS, SIMULATED, *own]) if own else shipped()


_OWN_PROFILES = Text(
    "a profile of your own lies in FOLDER/ID/EDITION.yaml, and bank.yaml says profiles: [FOLDER]",
    "自有画像放在 目录/编号/版本.yaml，并在 bank.yaml 中写 profiles: [目录]",
)


def centre_manners(profile: Profile) -> Manners:
    """How the centre finds the folders: as the profile says, or as we lay them out behind a line."""
    channel = profile.channel
    if isinstance(channel, Folders):
        return manners(channel)
    return Manners("/in", "/out", "/out/done", ready=Ready(kind="renamed"), tmp="{file}.tmp")


def open_directory(data: Data, folder: Path, institution: str) -> Directory:
    """Where the holdings are, as bank.yaml says. Raises BadSettings when the secret of an address is not there."""
    if data.folder is not None:
        return CsvFolder(folder / data.folder, institution)
    if data.sqlite is not None:
        return SqlViews(str(folder / data.sqlite), institution)
    return SqlViews(read_secret(folder, (data.postgresql or "").removeprefix("secret:")).decode(), institution)


def served_folders(profile: Profile) -> tuple[str, ...]:
    """The names at the top that the centre may see: the first step of every folder of the profile."""
    said = centre_manners(profile)
    paths = [folder for folder in (said.send_dir, said.take_dir, said.done_dir) if folder]
    return tuple(sorted({path.strip("/").split("/")[0] for path in paths}))
