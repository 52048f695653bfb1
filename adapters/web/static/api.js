// Speaks to the bot. Answers are JSON; what a person can mend comes back as `error`.

const csrf = document.querySelector('meta[name="csrf"]').content;

export const me = document.body.dataset.me ?? "";
export const channel = document.body.dataset.channel ?? "";
export const place = `/chat/channels/${encodeURIComponent(channel)}`;

export class Refused extends Error {}

export async function get(path) {
  return read(await fetch(path, { headers: { Accept: "application/json" } }));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  return read(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function read(response) {
  const data = await response.json();
  if (!response.ok) throw new Refused(data.error);
  return data;
}

export async function bePerson(person) {
  await post("/chat/person", { person });
}
