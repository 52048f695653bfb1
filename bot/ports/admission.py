"""Admission: whether a surface itself still lets somebody act, whoever they are to us."""

from typing import Protocol

from bot.domain.person import Account


class Admission(Protocol):
    """Asked at the moment of acting, before anything is done."""

    async def admit(self, account: Account) -> None:
        """Let an account act.

        Raises RefusedError for guests, for accounts that are closed and for those of other
        places, UnavailableError where that cannot be found out now.
        """

    async def email_of(self, account: Account) -> str:
        """The e-mail address that the surface has verified; empty where it says none.

        Raises UnavailableError.
        """
