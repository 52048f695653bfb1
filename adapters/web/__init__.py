"""The HTTP server: health, the agent API and the console API behind one set of borders."""
