// The message field: sends with Enter, offers words, and remembers what was sent.

import { channel, get } from "./api.js";

const sent = JSON.parse(sessionStorage.getItem("sent") ?? "[]");
const KEPT = 50;
const WAIT = 120;

// `send` takes the text and gives back words of refusal; then the text stays to be mended.
export function composer(form, send) {
  const field = form.querySelector("textarea");
  const list = form.querySelector("[role=listbox]");
  const problem = form.querySelector("[data-problem]");
  let back = 0;
  let timer = 0;
  let next = false; // Enter was pressed while the words before were on their way

  const complain = (words) => {
    problem.textContent = words;
    problem.hidden = !words;
  };
  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, 200)}px`;
  };
  const put = (text) => {
    field.value = text;
    field.setSelectionRange(text.length, text.length);
    grow();
  };
  const chosen = () => list.querySelector("[aria-selected=true]");
  const hide = () => {
    list.hidden = true;
    list.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };
  const take = (option) => {
    const upToWord = field.value.slice(0, field.value.length - lastWord(field.value).length);
    const word = option.textContent;
    put(upToWord + word + (word.endsWith("=") ? "" : " "));
    hide();
    look();
  };
  const offer = (offers) => {
    if (!offers.length || (offers.length === 1 && offers[0] === lastWord(field.value))) {
      hide();
      return;
    }
    list.replaceChildren(
      ...offers.slice(0, 12).map((word, place) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${place}`;
        option.role = "option";
        option.textContent = word;
        option.setAttribute("aria-selected", "false");
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(option);
        });
        return option;
      }),
    );
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  };
  const look = () => {
    clearTimeout(timer);
    const text = field.value;
    if (!text.trim() || text.includes("\n")) return hide();
    timer = setTimeout(async () => {
      const asked = new URLSearchParams({ channel, text });
      const answer = await get(`/chat/complete?${asked}`).catch(() => null);
      if (answer && field.value === text && document.activeElement === field) {
        offer(text === "/" ? ["/run"] : answer.completions);
      }
    }, WAIT);
  };
  const step = (by) => {
    const options = [...list.children];
    const now = options.indexOf(chosen());
    choose(options[(now + by + options.length) % options.length]);
  };
  const recall = (by) => {
    back = Math.max(0, Math.min(sent.length, back + by));
    put(back ? sent[sent.length - back] : "");
  };
  const submit = async () => {
    const text = field.value.trim();
    next = Boolean(form.dataset.busy);
    if (!text || next) return;
    hide();
    clearTimeout(timer);
    complain("");
    form.dataset.busy = "yes";
    const refusal = await send(text);
    delete form.dataset.busy;
    remember(text);
    back = 0;
    if (refusal) complain(refusal);
    else if (field.value.trim() === text) put("");
    if (next && field.value.trim() !== text) submit();
  };

  field.addEventListener("input", () => {
    back = 0;
    next = false;
    grow();
    complain("");
    look();
  });
  field.addEventListener("blur", hide);
  field.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (open && chosen()) take(chosen());
      else submit();
    } else if (event.key === "Tab" && open && !event.shiftKey) {
      event.preventDefault();
      take(chosen() ?? list.firstElementChild);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      hide();
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      if (chosen()) step(event.key === "ArrowDown" ? 1 : -1);
      else choose(event.key === "ArrowDown" ? list.firstElementChild : list.lastElementChild);
    } else if (event.key === "ArrowUp" && (!field.value || back)) {
      event.preventDefault();
      recall(1);
    } else if (event.key === "ArrowDown" && back) {
      event.preventDefault();
      recall(-1);
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.querySelector(".send").disabled = false;
  return { put, submit, field };
}

function lastWord(text) {
  return text.split(" ").at(-1);
}

function remember(text) {
  if (sent.at(-1) !== text) sent.push(text);
  sessionStorage.setItem("sent", JSON.stringify(sent.slice(-KEPT)));
}
