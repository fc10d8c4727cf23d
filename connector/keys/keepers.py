"""Who may ask for an act on keys; who may agree to it, people.decide says."""

from connector.ledger.people import Role

KEEPERS = (Role.KEY_OFFICER, Role.ADMINISTRATOR)
