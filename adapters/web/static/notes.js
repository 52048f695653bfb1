// Passing notes, and what was said while one looked elsewhere.

import { channel, me } from "./api.js";

const toasts = document.getElementById("toasts");
const spoken = document.getElementById("spoken");
const title = document.title;
const counts = new Map();
const SECONDS = 7;

export function toast(words, tone = "good") {
  const note = document.createElement("p");
  note.className = `toast tone-${tone}`;
  note.textContent = words;
  toasts.append(note);
  setTimeout(() => note.remove(), SECONDS * 1000);
}

// Counts new messages of other channels, and says aloud what is meant for this person.
export function unread(said) {
  const mine = said.mentions.includes(me);
  if (mine) spoken.textContent = said.words;
  if (said.channel === channel && !(mine && document.hidden)) return;
  if (said.thread && !mine) return;
  const count = counts.get(said.channel) ?? { all: 0, mine: 0 };
  count.all += 1;
  count.mine += mine ? 1 : 0;
  counts.set(said.channel, count);
  show(said.channel, count);
}

function show(name, count) {
  const link = [...document.querySelectorAll(".channels a")].find((e) => e.dataset.channel === name);
  const all = [...counts.values()].reduce((sum, { all: number }) => sum + number, 0);
  const badges = [
    [link?.querySelector(".badge"), count.all],
    [document.querySelector("[data-all]"), all],
  ];
  for (const [badge, number] of badges) {
    if (!badge) continue;
    badge.textContent = number;
    badge.hidden = number === 0;
    badge.classList.toggle("mine", count.mine > 0);
  }
  document.title = all ? `(${all}) ${title}` : title;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !counts.has(channel)) return;
  counts.set(channel, { all: 0, mine: 0 });
  show(channel, counts.get(channel));
});
