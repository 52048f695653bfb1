"""The limits of Linear, as its documentation gives them, and those that we set ourselves."""

from datetime import timedelta

HEARTBEAT = timedelta(minutes=20)
"""Silence after which a live run says that it lives; after thirty minutes Linear calls it stale."""

WINDOW = timedelta(seconds=60)
"""How far the time in a webhook may be from ours."""
LONGEST_WEBHOOK = 512 * 1024
"""Bytes of a webhook that are read; Linear's own are far below."""

LONGEST_TEXT = 8_000
"""Characters of one activity or comment, ours: what is longer is cut, and says so."""
LONGEST_LABEL = 80
MOST_OPTIONS = 12
"""Options of one question."""

PAGE = 100
"""Comments or attachments that one call reads; Linear gives up to 250."""
MOST_PAGES = 20
"""Pages that are read of an issue's comments, and of its attachments."""

TIMEOUT = 15.0
"""Seconds for one call."""

DEAREST_CALL = 10_000
"""Complexity points that one call may cost."""
PERIOD = timedelta(hours=1)
"""In which the limits refill."""
RESERVE = 0.05
"""Part of a limit that is kept for what cannot wait: first activities, decisions, ends."""
REFUSED_WAIT = 60.0
"""Seconds until a call is tried again where Linear does not say."""
