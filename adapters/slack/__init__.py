"""Slack: what people say and press there, and what they are told."""
