"""What a runbook says of itself, with secrets masked before anything is cut."""

import sys
from collections.abc import Mapping

from adapters.runner.masking import MASK, MaskedStream, Masker
from adapters.runner.report_command import ask
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.placeholders import as_text

LONGEST_EXCERPT = 2_000
"""Characters of an input or output that are kept with its step."""
_LONGEST_MESSAGE = 1_000
_LONGEST_VALUE = 300
_LONGEST_SUMMARY = 4_000
_MOST_VARIABLES = 50


class Speech:
    """Speaks with the runner, and writes the log."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` are the blueprint's, by the names of their variables."""
        self._secrets = dict(secrets)
        self._hidden: set[str] = set()
        self._masker = Masker(self._secrets)

    def hide(self, variables: Mapping[str, JSON]) -> None:
        """Never show these values, nor the variables of these names, from now on."""
        self._hidden |= variables.keys()
        self._secrets |= {name: as_text(value) for name, value in variables.items()}
        self._masker = Masker(self._secrets)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The variables that are not shown."""
        return tuple(sorted(self._hidden))

    def masked_stream(self) -> MaskedStream:
        """Masks an output that arrives in pieces."""
        return self._masker.stream()

    def excerpt(self, text: str, longest: int = LONGEST_EXCERPT) -> str:
        """A text without secrets, its middle left out where it is long."""
        safe = self._masker.mask(text).strip().replace("\0", "␀")
        if len(safe) <= longest:
            return safe
        half = longest // 2 - 40
        left_out = len(safe) - 2 * half
        return f"{safe[:half]}\n… {left_out:,} characters left out …\n{safe[-half:]}"

    def step(self, name: str, state: str, **details: JSON) -> None:
        """Tell how a step goes; texts are masked and cut here."""
        for field in ("input", "output"):
            if details.get(field):
                details[field] = self.excerpt(details[field])
        if details.get("message"):
            details["message"] = self.excerpt(details["message"], _LONGEST_MESSAGE)
        if details.get("variables"):
            details["variables"] = self.shown(details["variables"])
        self._tell("step", name=name[:80], state=state, **details)

    def shown(self, variables: Mapping[str, JSON]) -> dict[str, str]:
        """Variables as people may see them."""
        return {
            name: MASK if name in self._hidden else self.excerpt(as_text(value), _LONGEST_VALUE)
            for name, value in list(variables.items())[:_MOST_VARIABLES]
        }

    def phase(self, name: str) -> None:
        """Tell which part it is in."""
        self._tell("phase", name=name)

    def summary(self, text: str) -> None:
        """Tell people what came of it."""
        self._tell("summary", text=self.excerpt(text, _LONGEST_SUMMARY) or "Done.")

    def result(self, status: str, text: str, *, reason: str | None = None) -> None:
        """Tell how the run ends."""
        said = self.excerpt(text, _LONGEST_MESSAGE)
        self._tell("result", status=status, text=said, reason_code=reason)

    def ask_people(self, request: Mapping[str, JSON]) -> tuple[int, dict[str, JSON]]:
        """Open a gate or question without waiting for long; the exit code and the answer."""
        return ask({**request, "wait": True, "hold": 0})

    def log(self, text: str) -> None:
        """Write a line of the log."""
        sys.stdout.write(f"{self._masker.mask(text)}\n")
        sys.stdout.flush()

    def _tell(self, call: str, **fields: JSON) -> None:
        exit_code, answer = ask({"call": call, **fields})
        if exit_code:
            raise UserError(f"The report “{call}” was refused: {answer.get('error', exit_code)}")
