"""Pure values and decisions: nothing here reads a clock, a file or a network."""
