"""Lines that are not to go on: whose paper was withdrawn, who died; and rosters made to ask again for what is missing."""
