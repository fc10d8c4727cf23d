"""What persons decide of a batch: it is held, goes on, is called back, made anew or asked again; and what stops a line."""
