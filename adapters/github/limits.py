"""GitHub's bounds and versions. Source: docs.github.com, REST API and webhooks."""

from datetime import timedelta

API_VERSION = "2022-11-28"
ACCEPT = "application/vnd.github+json"
USER_AGENT = "signalbox"
GIT_USER = "x-access-token"
"""What git signs in as with any token."""

LONGEST_TITLE = 256
LONGEST_BODY = 65_536
LONGEST_CHECK_TITLE = 255
LONGEST_SUMMARY = 65_535
LONGEST_STATUS = 140
"""Characters of a commit status' description."""
PER_PAGE = 100
MOST_PAGES = 10

WRITE_PAUSE = 1.0
"""Seconds between two requests that change something: the secondary limits count those."""
SECONDARY_WAIT = 60.0
"""Seconds to wait where a limit is met and no header says for how long."""

JWT_EARLY = timedelta(seconds=60)
"""How far an App's token is dated back, for clocks that differ."""
JWT_LIFE = timedelta(minutes=9)
"""An App's token may live for ten minutes."""
TOKEN_RENEWAL = timedelta(minutes=55)
"""An installation's token lives for an hour."""

LONGEST_COMMENT = 500
LONGEST_REVIEW = 4_000
MOST_COMMENTS = 20
"""What is kept of a review."""
MOST_REVIEWS = 20
"""Reviews of one pull request that are looked at, the newest."""
