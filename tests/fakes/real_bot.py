"""A real bot in its own process, with a real data folder; killed and started at will."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 60.0
"""Seconds that anything real may take before a test gives up on it."""


@dataclass
class RealBot:
    """`signalbox up` on a folder and a free port."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[str] | None" = None

    @property
    def environment(self) -> dict[str, str]:
        """What the bot and its clients are started with."""
        kept = {name: value for name, value in os.environ.items() if "SIGNALBOX" not in name}
        return {
            **kept,
            "SIGNALBOX_DATA_DIR": str(self.data),
            "SIGNALBOX_PORT": "0",
            "SIGNALBOX_GRACE": "2",
            **self.settings,
        }

    def start(self) -> "RealBot":
        """Start it and wait until it is ready."""
        (self.data / "address").unlink(missing_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "bot.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "up"],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Signalbox is ready on "), (line, self.log())
        return self

    def sign_in_link(self) -> str:
        """The link for browsers that it printed at its start."""
        assert self.process is not None
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            if line.startswith("In a browser:"):
                return line.split()[-1]
        raise AssertionError(self.log())

    def log(self) -> str:
        """What it wrote."""
        return (self.data / "bot.log").read_text("utf-8")

    def kill(self) -> None:
        """SIGKILL: nothing of it can say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None
        return code

    def chat(
        self, text: str, *options: str, who: str = "developer"
    ) -> "subprocess.CompletedProcess[str]":
        """`signalbox chat --once`."""
        return self.command("chat", "--once", text, "--as", who, *options)

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """`signalbox` with these words."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def shows(self, run: str = "last") -> str:
        """The words of a run's detail."""
        return self.chat(f"/run show {run}").stdout

    def until(self, run: str, words: str) -> str:
        """The run's detail once it says these words."""
        return str(wait_for(lambda: said if words in (said := self.shows(run)) else "", what=words))

    def transcript(self) -> list[dict[str, Any]]:
        """Every message of the console, as stored."""
        address = (self.data / "address").read_text().strip()
        token = (self.data / "console-token").read_text().strip()
        answer = httpx.get(
            f"{address}/console/v1/transcript?after=0", headers={"Authorization": f"Bearer {token}"}
        )
        said: list[dict[str, Any]] = answer.json()["said"]
        return said

    def blueprint(self, name: str, script: str, **more: Any) -> None:
        """Add a blueprint whose program is this shell script."""
        document = {
            "schema": "signalbox/blueprint/v1",
            "name": name,
            "profile": "agent",
            "title": name,
            "project": "shop",
            **({"command": ["/bin/sh", "-c", script]} if script else {}),
            **more,
        }
        folder = self.data / "blueprints"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(json.dumps(document))
        wait_for(lambda: self.known(name), what=name)

    def known(self, name: str) -> bool:
        """Whether the bot has read a blueprint of this name."""
        said = self.chat(f"/run dispatch {name} no-such=1").stdout
        return "There is no blueprint" not in said


def wait_for(look: Callable[[], Any], *, what: str) -> Any:
    """What `look` returns once it is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE:.0f} s for: {what}")


def processes_of(bot: RealBot, job: str) -> list[int]:
    """Every process of this bot's job: marked by its environment, or its runner."""
    folder = str(bot.data / "jobs" / job)
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            marks = (entry / "environ").read_bytes()
            words = (entry / "cmdline").read_bytes()
            state = re.search(r"State:\s+(\w)", (entry / "status").read_text())
        except OSError:
            continue
        alive = state is not None and state[1] != "Z"
        marked = f"SIGNALBOX_JOB={job}\0".encode() in marks and folder.encode() in marks
        mine = marked or f"{folder}\0".encode() in words
        if alive and mine:
            found.append(int(entry.name))
    return found
