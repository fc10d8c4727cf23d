"""``python -m connector``: the command."""

from connector.cli.main import main

main()
