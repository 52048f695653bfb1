"""Executors: start, find and kill runners on one kind of machine each."""
