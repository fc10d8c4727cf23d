"""One file ⇄ rows of records, by its layout: the fast reader, the reference reader, the writer."""
