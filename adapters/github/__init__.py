"""GitHub: pull requests, checks, credentials and webhooks."""
