"""Readers of the JSON event streams that coding agents print, one module per agent."""
