"""What happened, kept. All SQL of the product is in this room (SQLAlchemy Core)."""
