"""Every error of the core, sorted by what the caller can do about it."""

from collections.abc import Sequence


class SignalboxError(Exception):
    """The root; anything that is not one of these is a bug and gets an incident id."""


class UserError(SignalboxError):
    """A person can mend it: the text is said in chat, privately, as it stands.

    `suggestions` are whole commands to offer as buttons, best first.
    """

    def __init__(self, text: str, *, suggestions: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.suggestions = tuple(suggestions)


class UsageError(UserError):
    """The words could not be read as a command."""


class WrongFieldError(UserError):
    """A value that was filled in cannot be taken; `field` names it as the command does."""

    def __init__(self, text: str, *, field: str) -> None:
        super().__init__(text)
        self.field = field


class NotFoundError(UserError):
    """What was named does not exist, or not for this person."""


class RefusedError(UserError):
    """Policy says no; the text says who may."""


class UnknownPersonError(RefusedError):
    """The account is nobody's here; `suggested` is whose it seems to be, by its e-mail alone."""

    def __init__(self, text: str, *, suggested: str = "") -> None:
        super().__init__(text)
        self.suggested = suggested


class IllegalTransitionError(UserError):
    """The state does not allow what was asked; nothing was changed."""


class ConflictError(SignalboxError):
    """Somebody else was first: load again and decide again."""


class StaleFenceError(ConflictError):
    """A runner spoke for a claim that is no longer its own; it must stop."""


class UnavailableError(SignalboxError):
    """Something outside does not answer now: wait and try again.

    `retry_after` is in seconds; None leaves the wait to the caller. `untouched` says that for
    sure nothing of what was asked has happened.
    """

    def __init__(
        self, text: str, *, retry_after: float | None = None, untouched: bool = False
    ) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.untouched = untouched
