"""Dispatch: an Invocation finds its command, its words become typed arguments, a Reply returns."""
