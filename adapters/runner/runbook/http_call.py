"""Steps that call an HTTP address."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from urllib.parse import quote, urlsplit

from adapters.runner.runbook.tried import Tried, read_json
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.failure import Cause, classify_status
from bot.domain.placeholders import fill, fill_text
from bot.domain.runbook import Produced, Step

_LARGEST_ANSWER = 1 << 20
_CHUNK = 65_536
_SUCCESSES = range(200, 300)
_REDIRECTS = range(300, 400)


class _EveryAnswer(urllib.request.HTTPErrorProcessor):
    """Takes every answer as it is: a followed redirect would carry secret headers elsewhere."""

    def http_response(self, request: object, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002  # urllib hands it in
        """No status is an error, and none is followed."""
        return response

    https_response = http_response


_OPENER = urllib.request.build_opener(_EveryAnswer)


def describe_call(step: Step, scope: Mapping[str, JSON], environment: Mapping[str, str]) -> str:
    """`GET https://…`, for people. Raises UserError for a variable without a value."""
    return f"{step.method} {_url(step, scope, environment)}"


def call(step: Step, scope: Mapping[str, JSON], environment: Mapping[str, str]) -> Tried:
    """Call the step's address; names in capitals are variables of the environment.

    Raises UserError for a variable without a value, or an address or header that is none.
    """
    request = _request(step, scope, environment)
    deadline = time.monotonic() + step.timeout.total_seconds()
    try:
        with _OPENER.open(request, timeout=step.timeout.total_seconds()) as answer:
            return _judge(answer, _read(answer, deadline))
    except TimeoutError:
        return _too_late(step)
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            return _too_late(step)
        return Tried(cause=Cause.NETWORK, message=f"No connection: {_why(error.reason)}")
    except (OSError, HTTPException) as error:
        return Tried(cause=Cause.NETWORK, message=f"The connection broke: {_why(error)}")


def _request(
    step: Step, scope: Mapping[str, JSON], environment: Mapping[str, str]
) -> urllib.request.Request:
    both = {**environment, **scope}
    headers = {name: _header(fill_text(text, both)) for name, text in step.headers.items()}
    data = None
    if step.body is not None:
        data = json.dumps(fill(step.body, both)).encode()
        headers.setdefault("Content-Type", "application/json")
    return urllib.request.Request(  # noqa: S310 - the scheme is checked
        _url(step, scope, environment), data=data, headers=headers, method=step.method
    )


def _url(step: Step, scope: Mapping[str, JSON], environment: Mapping[str, str]) -> str:
    """The address; what a variable holds stays within its place in it."""

    def spell(name: str, words: str) -> str:
        return quote(words, safe="") if name.partition(".")[0] in scope else words

    url = fill_text(step.url, {**environment, **scope}, spell=spell)
    if urlsplit(url).scheme not in {"http", "https"} or any(sign <= " " for sign in url):
        raise UserError("The address is no http or https address; look at the step's url.")
    return url


def _header(value: str) -> str:
    if any(sign in value for sign in "\r\n\0"):
        raise UserError("A header holds a line break; look at the step's headers.")
    return value


def _read(answer: HTTPResponse, deadline: float) -> Produced:
    """The answer as far as it is taken. Raises TimeoutError after the deadline."""
    data = b""
    while len(data) < _LARGEST_ANSWER and (chunk := answer.read(_CHUNK)):
        data += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
    text = data.decode("utf-8", "replace")
    return Produced(output=text, status=answer.status, json=read_json(text))


def _judge(answer: HTTPResponse, produced: Produced) -> Tried:
    if answer.status in _SUCCESSES:
        return Tried(produced=produced)
    message = f"It was answered with {answer.status} {answer.reason}"
    if answer.status in _REDIRECTS:
        where = answer.headers.get("Location", "elsewhere")
        message += f", to {where}; write that address in the blueprint"
    return Tried(produced=produced, cause=classify_status(answer.status), message=message)


def _too_late(step: Step) -> Tried:
    seconds = step.timeout.total_seconds()
    return Tried(cause=Cause.TIMEOUT, message=f"There was no answer within {seconds:g} seconds")


def _why(reason: object) -> str:
    if isinstance(reason, socket.gaierror):
        return "the name of the host is not known"
    return (reason.strerror if isinstance(reason, OSError) else "") or str(reason)
