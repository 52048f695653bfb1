// The chat page: asks and presses, shows what changes, opens threads, and listens to keys.

import { Refused, bePerson, channel, get, me, place, post } from "./api.js";
import { composer } from "./composer.js";
import { confirmed, fill } from "./dialogs.js";
import { follow } from "./feed.js";
import { append, atEnd, dress, parse, replace, toEnd } from "./messages.js";
import { thread } from "./thread.js";
import { toast, unread } from "./notes.js";

const list = document.getElementById("messages");
const scroll = document.getElementById("scroll");
const newer = document.querySelector("[data-do=newest]");
const empty = document.querySelector("[data-empty]");
const noAnswer = document.getElementById("no-answer").content.textContent.trim();
const loadedAt = document.body.dataset.now;
const counted = new Set();
const typed = new Map();

// Sends a request and shows the private answer; gives back what a person can mend, or "".
async function ask(request, { root, beside, keep }) {
  let reply;
  try {
    reply = await post(`${place}/requests`, { ...request, thread: root });
  } catch (error) {
    return error instanceof Refused ? error.message : noAnswer;
  }
  const mend = reply.outcome === "usage" || reply.outcome === "refused";
  if (keep && mend) return reply.words;
  if (reply.brief) toast(reply.words);
  else answer(reply.html, { root, beside });
  return "";
}

function answer(html, { root, beside }) {
  const target = root && thread.root === root ? thread.list : list;
  empty.hidden = true;
  if (beside?.isConnected) {
    const content = parse(html);
    const first = content.firstElementChild;
    first.dataset.root = root ?? "";
    beside.after(content);
    first.scrollIntoView({ block: "nearest" });
    return;
  }
  append(target, html).first.dataset.root = root ?? "";
  toEnd(target.closest(".scroll"));
}

// The same words sent again after no answer are the same request: it is done once.
async function askWords(text, root) {
  const name = `${root ?? ""}:${text}`;
  const key = typed.get(name) ?? crypto.randomUUID();
  typed.set(name, key);
  const problem = await ask({ key, text }, { root });
  if (problem !== noAnswer) typed.delete(name);
  return problem;
}

async function press(button) {
  const message = button.closest(".message");
  const form = button.nextElementSibling?.matches("template[data-form]")
    ? button.nextElementSibling
    : null;
  const label = button.textContent;
  const pressed = JSON.parse(button.dataset.press);
  const { thread: own, id, root: asked } = message.dataset;
  const root = own || id || asked || null;
  const key = crypto.randomUUID();
  if (button.dataset.confirm) {
    const tone = [...button.classList].find((name) => name.startsWith("tone-"));
    if (!(await confirmed(button.dataset.confirm, label, tone))) return;
  }
  if (form) {
    fill(label, form, (values) => {
      const filled = { ...pressed, arguments: { ...pressed.arguments, ...values } };
      return ask({ key: crypto.randomUUID(), press: filled }, { root, beside: message, keep: true });
    });
    return;
  }
  button.disabled = true;
  const problem = await ask({ key, press: pressed }, { root, beside: message });
  button.disabled = false;
  if (problem) toast(problem, "bad");
}

function heard(said) {
  if (said.channel === channel) show(said);
  if (said.at > loadedAt && !counted.has(said.id)) {
    counted.add(said.id);
    unread(said);
  }
}

function show(said) {
  const copies = document.querySelectorAll(`.message[data-id="${said.id}"]`);
  for (const copy of copies) replace(copy, said.html);
  thread.trim();
  if (said.thread) {
    setFooter(said);
    if (!copies.length && said.thread === thread.root) append(thread.list, said.html);
  } else if (!copies.length && said.id > newestId()) {
    empty.hidden = true;
    const { follow: followed } = append(list, said.html);
    newer.hidden = followed;
  }
}

function newestId() {
  return Math.max(0, ...[...list.querySelectorAll("[data-id]")].map((e) => Number(e.dataset.id)));
}

function setFooter(said) {
  const old = list.querySelector(`[data-footer="${said.thread}"]`);
  if (!old) return;
  const follow = atEnd(scroll);
  const focused = old.contains(document.activeElement);
  const content = parse(said.footer);
  const fresh = content.firstElementChild;
  old.replaceWith(content);
  if (focused) fresh.querySelector("a").focus({ preventScroll: true });
  if (follow) toEnd(scroll);
}

async function earlier(button) {
  button.disabled = true;
  const page = await get(`${place}/earlier?before=${button.dataset.before}`);
  const before = scroll.scrollHeight;
  list.prepend(parse(page.html));
  scroll.scrollTop += scroll.scrollHeight - before;
  button.dataset.before = page.first;
  button.disabled = false;
  button.parentElement.hidden = !page.more;
}

const theme = globalThis.signalboxTheme;
const themeName = document.querySelector("[data-theme-name]");
const showTheme = () => {
  themeName.textContent = themeName.dataset[theme.name()];
};
const doings = {
  theme: () => {
    theme.next();
    showTheme();
  },
  keys: () => document.getElementById("keys").showModal(),
  menu: () => document.body.classList.toggle("with-side"),
  newest: () => toEnd(scroll),
  earlier,
  "close-thread": () => thread.close(),
  leave: async () => {
    await post("/sign-out", {});
    location.assign("/chat");
  },
};

document.addEventListener("click", async (event) => {
  const target = event.target.closest("button, a");
  if (!target || event.ctrlKey || event.metaKey) return;
  const { press: pressed, do: doing, open, person, try: text } = target.dataset;
  if (pressed) press(target);
  else if (doing) doings[doing](target);
  else if ("dismiss" in target.dataset) target.closest(".message").remove();
  else if (open) {
    event.preventDefault();
    thread.open(open);
  } else if (text) {
    say.put(text);
    say.submit();
  } else if (person && target.matches("button") && person !== me) {
    await bePerson(person);
    location.reload();
  }
});

scroll.addEventListener("scroll", () => {
  if (atEnd(scroll)) newer.hidden = true;
});

const say = composer(document.querySelector("[data-composer=say]"), (text) => askWords(text, null));
composer(document.querySelector("[data-composer=reply]"), (text) => askWords(text, thread.root));

const keys = {
  "/": () => (thread.root && scroll.offsetParent === null ? thread.field : say.field).focus(),
  "?": doings.keys,
  t: doings.theme,
  j: () => move(1),
  k: () => move(-1),
  o: () => current()?.querySelector("[data-open]")?.click(),
  "[": () => hop(-1),
  "]": () => hop(1),
};

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (document.body.classList.contains("with-side")) doings.menu();
    else if (thread.root) thread.close();
    else document.activeElement?.blur();
    return;
  }
  const typing = event.target.matches("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

function current() {
  return document.activeElement?.closest(".message");
}

function move(by) {
  const all = [...(current()?.closest(".messages") ?? list).querySelectorAll(".message")];
  const now = all.indexOf(current());
  const next = now < 0 ? all.length - 1 : Math.max(0, Math.min(all.length - 1, now + by));
  all[next]?.focus();
}

function hop(by) {
  const links = [...document.querySelectorAll(".channels a")];
  const now = links.findIndex((link) => link.dataset.channel === channel);
  links[(now + by + links.length) % links.length].click();
}

showTheme();
dress(document);
toEnd(scroll);
follow(Number(document.body.dataset.change), heard);
thread.openFromAddress();
if (matchMedia("(min-width: 800px)").matches) say.field.focus();
