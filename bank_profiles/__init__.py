"""SPEAKS: each bank's language, roster → bytes and bytes → answer. Knows no network, no key, no database."""
