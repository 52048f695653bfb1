"""Errors as Linear words and sorts them."""

from graphql import GraphQLError


def refusal(
    message: str, *, kind: str = "invalid input", code: str = "INPUT_ERROR", shown: str = ""
) -> GraphQLError:
    """An error of one kind; `shown` is what a person may be told."""
    extensions = {
        "type": kind,
        "code": code,
        "userError": True,
        "userPresentableMessage": shown or message,
    }
    return GraphQLError(message, extensions=extensions)


def not_found(noun: str) -> GraphQLError:
    """What is not there, and what this token may not see."""
    return refusal(f"Entity not found: {noun}", shown=f"Could not find referenced {noun}.")


def forbidden(message: str) -> GraphQLError:
    """What is there, and not allowed."""
    return refusal(message, kind="forbidden", code="FORBIDDEN")
