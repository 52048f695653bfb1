// Light, dark, or as the system: set before the page is painted, so that nothing flashes.
"use strict";
(() => {
  const order = ["auto", "light", "dark"];
  const stored = () => {
    const name = localStorage.getItem("theme");
    return order.includes(name) ? name : "auto";
  };
  const show = () => {
    document.documentElement.dataset.theme = stored();
  };
  show();
  addEventListener("storage", show);
  globalThis.signalboxTheme = {
    name: stored,
    next() {
      localStorage.setItem("theme", order[(order.indexOf(stored()) + 1) % order.length]);
      show();
      return stored();
    },
  };
})();
