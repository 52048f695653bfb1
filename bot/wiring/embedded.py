"""The chats that Signalbox brings along: the terminal's and, in a rehearsal, the browser's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.transcript import TranscriptMessenger
from adapters.web.chat import chat_router
from bot.wiring.parts import Parts, Surface


@asynccontextmanager
async def open_embedded(parts: Parts) -> AsyncIterator[Surface]:
    """Both speak through the store; only a rehearsal has pages for the browser."""
    store, surfaces = parts.store, ("console", "web")
    messengers = {surface: TranscriptMessenger(store, surface) for surface in surfaces}
    if not parts.settings.rehearsal:
        yield Surface(messengers=messengers)
        return
    chat = chat_router(
        store,
        parts.dispatcher,
        rules=parts.rulebook.current,
        sessions=parts.sessions,
        closing=parts.closing,
    )
    yield Surface(messengers=messengers, routers=(chat,))
