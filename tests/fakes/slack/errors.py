"""How the fake Slack says no."""

from typing import Any


class SlackError(Exception):
    """An answer `{"ok": false, "error": …}`, with what else belongs into it."""

    def __init__(self, error: str, **more: Any) -> None:
        """`error` as Slack names it."""
        super().__init__(error)
        self.error = error
        self.more = more


class LimitedError(Exception):
    """An answer 429."""

    def __init__(self, retry_after: int) -> None:
        """Seconds until another try is worth it."""
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
