// Puts messages where they belong: new ones at the end, edited ones in their place.

import { me } from "./api.js";
import { localise } from "./times.js";

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  dress(template.content);
  return template.content;
}

// What depends on who reads: times, and what is meant for this person.
export function dress(root) {
  localise(root);
  for (const element of root.querySelectorAll("[data-mentions]")) {
    const mine = element.dataset.mentions.split(" ").includes(me);
    element.classList.toggle("mine", mine);
  }
  for (const element of root.querySelectorAll(".person")) {
    element.classList.toggle("me", element.dataset.person === me);
  }
}

export function append(list, html) {
  const scroll = list.closest(".scroll");
  const follow = atEnd(scroll);
  const content = parse(html);
  const first = content.firstElementChild;
  list.append(content);
  if (follow) toEnd(scroll);
  return { first, follow };
}

// Replaces a message and keeps what a person has under their hands: focus, and private answers.
export function replace(old, html) {
  const content = parse(html);
  const fresh = content.firstElementChild;
  const scroll = old.closest(".scroll");
  const follow = atEnd(scroll);
  const focused = old === document.activeElement;
  const within = old.contains(document.activeElement) && document.activeElement.textContent;
  old.replaceWith(content);
  if (focused) fresh.focus();
  else if (within) {
    const again = [...fresh.querySelectorAll("button, a")].find((e) => e.textContent === within);
    (again ?? fresh).focus({ preventScroll: true });
  }
  if (follow) toEnd(scroll);
}

export function atEnd(scroll) {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
}

export function toEnd(scroll) {
  scroll.scrollTop = scroll.scrollHeight;
}
