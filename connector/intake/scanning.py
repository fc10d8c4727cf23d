"""What is brought to the door goes by the virus scanner first, where there is one; nothing is taken without its word."""

from connector.intake.desk import Desk
from connector.intake.errors import SheetError


def must_be_clean(desk: Desk, content: bytes) -> None:
    """Ask before a byte is understood or kept. Raises SheetError (infected), NotScanned (bring it again later)."""
    if desk.scanner is None:
        return
    found = desk.scanner.scan([content])
    if found is not None:
        raise SheetError.of("infected", found=found)
