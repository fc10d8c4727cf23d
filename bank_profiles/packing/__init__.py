"""Several files ⇄ one parcel."""
