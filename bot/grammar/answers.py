"""Reading answers in words: the value alone for a form of one field, else name=value pairs."""

from datetime import datetime

from bot.domain.errors import UsageError
from bot.domain.form import Form
from bot.grammar.words import Words


def read_typed_answers(form: Form, text: str, *, now: datetime) -> dict[str, str]:
    """Field name → words. Raises UsageError where they cannot be told apart."""
    names = [part.name for part in form.fields]
    if len(names) == 1 and not text.startswith(f"{names[0]}="):
        return {names[0]: text}
    answers: dict[str, str] = {}
    words = Words(text, now=now)
    while (word := words.next()) is not None:
        name, equals, value = word.text.partition("=")
        if word.quoted or not equals:
            pairs = " ".join(f"{name}=…" for name in names)
            raise UsageError(
                f"“{word.text[:60]}” belongs to no field; write {pairs}, and put values with "
                "spaces in quotes."
            )
        answers[name] = value
    return answers
