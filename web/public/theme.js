// Which theme is shown is known before the first paint: what was chosen, or what the system has.
{
  let chosen = null;
  try {
    chosen = localStorage.getItem("mf-theme");
  } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme =
    chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
}
