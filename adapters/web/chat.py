"""The browser chat as a whole: its pages and calls, for wiring to hand to the application."""

import asyncio

from fastapi import APIRouter

from adapters.web.chat_api import ChatApi
from adapters.web.chat_pages import ChatPages
from adapters.web.door import Door
from adapters.web.feed import Feed
from adapters.web.sessions import Sessions
from bot.ports.requests import Requests
from bot.ports.store import Store
from bot.services.rules import RulesNow


def chat_router(
    store: Store,
    requests: Requests,
    *,
    rules: RulesNow,
    sessions: Sessions,
    closing: asyncio.Event,
) -> APIRouter:
    """Everything below / and /chat. For rehearsals only: who signs in may act as anybody."""
    door = Door(sessions=sessions, rules=rules)
    feed = Feed(store=store, rules=rules, closing=closing)
    router = APIRouter(include_in_schema=False)
    router.include_router(ChatPages(store=store, door=door).router())
    router.include_router(ChatApi(store=store, requests=requests, door=door, feed=feed).router())
    return router
