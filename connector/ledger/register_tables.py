"""Who receives aid (在册名单), the rounds they are asked in, and lists of deaths."""
