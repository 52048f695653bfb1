"""Secrets among the answers of a question: what is masked, and what the program is told."""

from collections.abc import Mapping

from bot.domain.codec import JSON


def secret_answers(decision: Mapping[str, JSON]) -> dict[str, str]:
    """Field name → secret, as the bot has named them in `secrets`."""
    answers = decision.get("answers") or {}
    named = {name: answers.get(name) for name in decision.get("secrets") or []}
    return {name: value for name, value in named.items() if isinstance(value, str)}


def without_names(decision: Mapping[str, JSON]) -> dict[str, JSON]:
    """The decision as the program gets it."""
    return {name: value for name, value in decision.items() if name != "secrets"}
