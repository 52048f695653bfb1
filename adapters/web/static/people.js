import { bePerson } from "./api.js";

for (const choice of document.querySelectorAll("[data-person]")) {
  choice.addEventListener("click", async () => {
    await bePerson(choice.dataset.person);
    location.assign("/chat");
  });
  choice.disabled = false; // a click before this would have done nothing
}
