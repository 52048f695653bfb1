"""What translates between the core and the world: surfaces, runners, files, clocks."""
