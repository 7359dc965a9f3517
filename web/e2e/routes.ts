import { readdirSync } from "node:fs";
import path from "node:path";

export const OUT = path.join(import.meta.dirname, "..", "out");

const pages = readdirSync(OUT, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".html") && !file.includes("_not-found"))
  .map((file) => file.slice(0, -".html".length));

/** Every page of the export, by its address. */
export const ROUTES = pages
  .map((name) => (name === "index" ? "/" : `/${name.split(path.sep).join("/")}`))
  .filter((route) => route !== "/404")
  .sort();

/** The page's file. */
export function fileOf(route: string): string {
  return path.join(OUT, route === "/" ? "index.html" : `${route.slice(1)}.html`);
}
