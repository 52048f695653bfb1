"""Says hello, with a phase, a few lines to watch and an artifact: the smallest whole program.

Python 3.9 or later, standard library alone.
"""  # noqa: INP001 - copied into the data folder, no package

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

GREETINGS = ("Hello", "Bonjour", "Hola", "Ciao")


def main() -> None:
    """Greet, keep what was said, and say how many greetings there were."""
    inputs = json.loads(os.environ.get("SIGNALBOX_INPUTS", "{}"))
    print("::signalbox phase agent_working", flush=True)
    lines = [f"{greeting}, {inputs.get('name', 'world')}!" for greeting in GREETINGS]
    for line in lines:
        print(line, flush=True)
        time.sleep(float(inputs.get("pace", 0.3)))
    kept = Path("greetings.txt")
    kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = ["signalbox", "report", "artifact", str(kept)]
    subprocess.run(command, check=True)  # noqa: S603 - a fixed command
    print(f"::signalbox summary {lines[0]} Said in {len(lines)} languages.", flush=True)


if __name__ == "__main__":
    main()
