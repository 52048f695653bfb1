"""The grammar of requests: words, or the values of a button, to typed arguments."""
