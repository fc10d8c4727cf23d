"""What the clock did and which nodes run it: ticks, nodes, breakers, outages."""
