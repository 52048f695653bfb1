"""The embedded chat in a terminal: its messenger, its drawing, and the client that talks."""
