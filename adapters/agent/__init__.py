"""Agents: processes that claim jobs by labels and hand them to an executor."""
