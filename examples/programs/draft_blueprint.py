#!/usr/bin/env python3
"""Writes the draft of a blueprint from the variables of a guide; JSON texts are YAML texts too."""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Write the file that the first word names."""
    answers = {
        name: os.environ[f"VAR_{name.upper()}"]
        for name in ("name", "purpose", "repository", "run", "approvals")
    }
    quoted = {name: json.dumps(text, ensure_ascii=False) for name, text in answers.items()}
    lines = [
        "schema: signalbox/blueprint/v1",
        f"name: {quoted['name']}",
        "profile: pod",
        f"title: {quoted['purpose']}",
        "project: shop",
        f"repositories: [{quoted['repository']}]",
        f"command: [sh, -c, {quoted['run']}]",
    ]
    if answers["approvals"] == "true":
        lines += ["gates:", "  - checkpoint: plan", "    prompt: May this plan be carried out?"]
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{sys.argv[1]} is written.")


if __name__ == "__main__":
    main()
