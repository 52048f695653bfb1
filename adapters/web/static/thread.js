// The panel beside the channel that shows one run's thread.

import { get, place } from "./api.js";
import { parse, toEnd } from "./messages.js";

const panel = document.getElementById("thread");
const list = document.getElementById("replies");
let before = null;

export const thread = {
  root: null,
  list,
  field: panel.querySelector("textarea"),

  async open(root) {
    before = document.activeElement;
    await load(root);
    thread.field.focus({ preventScroll: true });
  },

  close() {
    panel.hidden = true;
    thread.root = null;
    list.replaceChildren();
    document.body.classList.remove("with-thread");
    address(null);
    if (before?.isConnected) before.focus({ preventScroll: true });
  },

  // The card at the head of the thread has no footer that leads to itself, nor the card's id.
  trim() {
    list.querySelector(".footer")?.remove();
    if (thread.root) list.querySelector(`[data-id="${thread.root}"]`)?.removeAttribute("id");
  },

  openFromAddress() {
    const root = new URLSearchParams(location.search).get("thread");
    if (root) load(root);
  },
};

async function load(root) {
  const answer = await get(`${place}/threads/${encodeURIComponent(root)}`);
  list.replaceChildren(parse(answer.html));
  thread.root = root;
  thread.trim();
  panel.hidden = false;
  document.body.classList.add("with-thread");
  address(root);
  toEnd(list.closest(".scroll"));
}

function address(root) {
  const url = new URL(location);
  if (root) url.searchParams.set("thread", root);
  else url.searchParams.delete("thread");
  history.replaceState(null, "", url);
}
