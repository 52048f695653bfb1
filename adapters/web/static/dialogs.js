// The confirmation and the form that a button asks for before it is pressed.

const confirmation = document.getElementById("confirm");
const dialog = document.getElementById("form");
const form = dialog.querySelector("form");
const fields = form.querySelector(".fields");
const problem = form.querySelector("[data-problem]");
const submit = form.querySelector("[type=submit]");

export function confirmed(words, label, tone) {
  confirmation.querySelector("#confirm-words").textContent = words;
  const yes = confirmation.querySelector("[data-yes]");
  yes.textContent = label;
  yes.className = `button ${tone}`;
  confirmation.returnValue = "";
  confirmation.showModal();
  return new Promise((resolve) => {
    const done = () => resolve(confirmation.returnValue === "yes");
    confirmation.addEventListener("close", done, { once: true });
  });
}

// Asks until `send` has taken the values; what was typed stays while it has not.
export function fill(label, template, send) {
  form.querySelector("h2").textContent = label.replace(/…$/, "");
  submit.textContent = label.replace(/…$/, "");
  fields.replaceChildren(template.content.cloneNode(true));
  say(problem, "");
  submit.disabled = false;
  dialog.showModal();
  fields.querySelector("textarea, input, select")?.focus();
  const trySend = async (event) => {
    event.preventDefault();
    if (submit.disabled || !check()) return;
    submit.disabled = true;
    const refusal = await send(values());
    submit.disabled = false;
    if (refusal) point(refusal);
    else dialog.close();
  };
  form.addEventListener("submit", trySend);
  dialog.addEventListener("close", () => form.removeEventListener("submit", trySend), {
    once: true,
  });
}

form.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());

// Enter sends a form from its one-line fields; from longer ones with Ctrl or ⌘.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

form.addEventListener("input", (event) => {
  const field = event.target.closest(".field");
  if (field) mark(field, "");
});

function controls(field) {
  return [...field.querySelectorAll("input, textarea, select")];
}

function valueOf(field) {
  const [first] = controls(field);
  const chosen = [...field.querySelectorAll("input:checked")].map((input) => input.value);
  if (first.type === "radio") return chosen[0] ?? "";
  if (first.type === "checkbox") return chosen.length ? chosen : "";
  if (first.type === "password") return first.value;
  const value = first.value.trim();
  return "handle" in first.dataset ? value.replace(/^@/, "") : value;
}

function values() {
  const named = [...fields.children].map((field) => [field.dataset.field, valueOf(field)]);
  return Object.fromEntries(named.filter(([, value]) => value));
}

function check() {
  let first = null;
  for (const field of fields.children) {
    const missing = "needed" in controls(field)[0].dataset && !valueOf(field);
    mark(field, missing ? submit.dataset.needed : "");
    if (missing) first ??= field;
  }
  if (first) controls(first)[0].focus();
  return !first;
}

function point(words) {
  if (fields.children.length === 1) {
    mark(fields.firstElementChild, words);
    controls(fields.firstElementChild)[0].focus();
  } else {
    say(problem, words);
  }
}

function mark(field, words) {
  say(field.querySelector(".problem"), words);
  for (const control of controls(field)) control.setAttribute("aria-invalid", String(!!words));
}

function say(element, words) {
  element.textContent = words;
  element.hidden = !words;
}
