// Follows what changes. The browser resumes by the number of the last change it has seen.

const link = document.querySelector("[data-link]");
const words = link.querySelector("[data-words]");
const PAUSE = 2000;

export function follow(after, heard) {
  let last = after;
  let source = null;
  const open = () => {
    source = new EventSource(`/chat/events?after=${last}`);
    source.addEventListener("open", () => show("live"));
    source.addEventListener("said", (event) => {
      last = Number(event.lastEventId);
      heard(JSON.parse(event.data));
    });
    source.addEventListener("reset", () => location.reload());
    source.addEventListener("error", failed);
  };
  const failed = async () => {
    show("lost");
    if (source.readyState !== EventSource.CLOSED) return;
    const signedOut = await fetch("/chat/complete?text=").then(
      (response) => response.status === 401,
      () => false,
    );
    if (signedOut) show("out");
    else setTimeout(open, PAUSE);
  };
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}

function show(state) {
  link.dataset.state = state;
  words.textContent = words.dataset[state];
}
