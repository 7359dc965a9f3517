// What is known before the first paint: which theme is shown (what was chosen, or what the system has), and whether
// somebody was signed in the last time (live/session.ts).
{
  let chosen = null;
  try {
    chosen = localStorage.getItem("mf-theme");
    if (localStorage.getItem("mf-in")) document.documentElement.dataset.in = "";
  } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme =
    chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
}
