"""The monthly register of recipients (在册名单): taking it, rounds made from it, lists of deaths; who is over is asked about no more."""
