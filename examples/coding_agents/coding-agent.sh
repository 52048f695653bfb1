#!/usr/bin/env bash
# Lets a coding agent plan, asks people, lets it edit, and has the result pushed:
#   coding-agent.sh claude|codex
# Needs git, python3 and the agent's own command on the PATH; see docs/blueprints.md.
set -euo pipefail

agent=$1
task="$SIGNALBOX_TITLE
$SIGNALBOX_INPUT_TASK"
# Beside git's own files: outlives a pause at a gate, and nothing of it is committed.
kept=$(git rev-parse --absolute-git-dir)/signalbox
schema='{"type":"object","additionalProperties":false,
 "required":["summary","files","commands","risks"],"properties":{
  "summary":{"type":"string"},
  "files":{"type":"array","items":{"type":"string"}},
  "commands":{"type":"array","items":{"type":"string"}},
  "risks":{"type":"array","items":{"type":"string"}}}}'

# think PROMPT: reads, changes nothing, and answers in the shape of the schema.
think() {
  case $agent in
    claude) claude -p "$1" --output-format stream-json --verbose --json-schema "$schema" \
      --tools "Read,Grep,Glob" --max-budget-usd "$SIGNALBOX_INPUT_BUDGET" </dev/null ;;
    codex) codex exec --json --sandbox read-only --output-schema "$kept/schema.json" "$1" </dev/null ;;
  esac | tee "$kept/events.jsonl"
}

# work PROMPT: edits the workspace.
work() {
  case $agent in
    claude) claude -p "$1" --output-format stream-json --verbose --permission-mode acceptEdits \
      --allowedTools "$ALLOWED_TOOLS" --max-budget-usd "$SIGNALBOX_INPUT_BUDGET" </dev/null ;;
    codex) codex exec --json --sandbox workspace-write "$1" </dev/null ;;
  esac | tee "$kept/events.jsonl"
}

# Makes plan.json of the last answer, whichever agent gave it.
keep_plan() {
  python3 - "$kept" "$SIGNALBOX_BASE" <<'END'
import json, pathlib, sys
kept, base = pathlib.Path(sys.argv[1]), sys.argv[2]
events = [json.loads(line) for line in (kept / "events.jsonl").open() if line.startswith("{")]
answers = [event["structured_output"] for event in events if event.get("structured_output")] or [
    json.loads(event["item"]["text"]) for event in events
    if event["type"] == "item.completed" and event["item"]["type"] == "agent_message"
]
(kept / "plan.json").write_text(json.dumps({**answers[-1], "base": base}, indent=2))
END
}

make_plan() {
  think "Plan how to do this in the repository you are in, and change nothing yet. In files, name
every file you will change, from the repository's root. The task:
$task
$1"
  keep_plan
}

decide() {
  code=0
  signalbox report gate plan --plan "$kept/plan.json" --wait >"$kept/decision.json" || code=$?
}

# field NAME: of the decision
field() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2]) or "")' \
    "$kept/decision.json" "$1"
}

push() {
  touch "$kept/pushing"
  signalbox report push
  echo "::signalbox summary $(git log -1 --format=%s)"
}

if [ -n "${SIGNALBOX_RESUME:-}" ] && [ -e "$kept/pushing" ]; then
  push
  exit
fi
if [ -n "${SIGNALBOX_RESUME:-}" ]; then
  printf '%s' "$SIGNALBOX_DECISION" >"$kept/decision.json"
  case $(field state) in satisfied) code=0 ;; returned) code=10 ;; *) code=11 ;; esac
else
  git reset -q --hard "$SIGNALBOX_BASE"
  git clean -fdq
  rm -rf "$kept"
  mkdir "$kept"
  printf '%s' "$schema" >"$kept/schema.json"
  echo "::signalbox phase PLANNING"
  make_plan ""
  decide
fi
while [ "$code" = 10 ]; do
  make_plan "This plan was sent back: $(cat "$kept/plan.json")
The reason: $(field note)"
  decide
done
[ "$code" = 0 ] || exit "$code"

echo "::signalbox phase EXECUTING"
work "Carry out this approved plan, change no other file, and do not commit. The task:
$task
The plan: $(cat "$kept/plan.json")"
git add --all
if git diff --cached --quiet; then
  signalbox report result succeeded "There was nothing to change" --reason no_changes
  exit
fi
echo "::signalbox phase COMMITTING"
git -c user.name="$agent" -c user.email=job@localhost commit -q -m "$SIGNALBOX_TITLE

$SIGNALBOX_INPUT_TASK"
push
