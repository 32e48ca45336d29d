// Runs before the first paint, so that a chosen theme never flashes the other one.
(() => {
  try {
    const theme = localStorage.getItem("stackit.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    if (localStorage.getItem("stackit.cvd") === "on") document.documentElement.dataset.cvd = "on";
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
})();
