import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  images: { unoptimized: true },
  reactStrictMode: true,
  // `npm run check` holds the types, of the tests too; who wants to see the page need not wait for that.
  typescript: { ignoreBuildErrors: true },
  turbopack: {
    // The client is a folder beside this one: the bundler has to see both.
    root: path.join(import.meta.dirname, ".."),
    // The client's folder has a Firebase of its own, for its tests. A page with both would have two apps that do
    // not know each other.
    resolveAlias: Object.fromEntries(
      ["app", "auth", "firestore", "functions", "storage"].map((part) => [
        `firebase/${part}`,
        `./node_modules/firebase/${part}`,
      ]),
    ),
  },
  transpilePackages: ["@mediaforge/client"],
};

export default config;
