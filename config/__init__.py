"""TELLS: settings models, examples, working days. Knows no service."""
