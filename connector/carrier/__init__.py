"""The carrying half alone: a relay on a machine in between. No seal key, no database, no person's data; it never opens a parcel."""
