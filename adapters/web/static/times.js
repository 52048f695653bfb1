// Moments in the reader's own zone and language.

const long = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function localise(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    const today = moment.toDateString() === new Date().toDateString();
    const short = today ? clock.format(moment) : `${day.format(moment)}, ${clock.format(moment)}`;
    element.textContent = "short" in element.dataset || today ? short : long.format(moment);
    element.title = long.format(moment);
  }
}
