"""The built-in program of flows and guides: `signalbox runbook`, inside a job only.

A program like any other: it speaks with its runner by the report socket and leaves with exit
code 75 when a person has to be waited for.
"""
