"""What a profile says of media, as its channel or as one of its fallbacks. Both ends of a medium ask here."""

from bank_profiles.language.channel import Media
from bank_profiles.language.profile import Profile
from connector.media import words


def channel_of(profile: Profile) -> Media:
    """The profile's words on media. Raises Refused media-not-agreed."""
    for channel in (profile.channel, *profile.fallbacks):
        if isinstance(channel, Media):
            return channel
    raise words.say(words.NO_MEDIA)
