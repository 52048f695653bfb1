"""Addresses of databases, as people write them."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.domain.errors import UserError
from storage.sqlite import sqlite_url

_FILE = "sqlite:///"


def read_address(url: str | URL) -> URL:
    """The parts of an address; what follows `sqlite:///` is a path as it stands.

    Raises UserError, without the address: it may hold a password.
    """
    if isinstance(url, str) and url.startswith(_FILE):
        return sqlite_url(Path(url.removeprefix(_FILE)))
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UserError(
            "The address of the database cannot be read; it looks like "
            "postgresql://user:password@host:5432/signalbox, and characters such as @ or / in "
            "the password are written as %40 and %2F."
        ) from error
