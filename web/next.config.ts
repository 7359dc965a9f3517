import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  images: { unoptimized: true },
  reactStrictMode: true,
  // `npm run check` holds the types, of the tests too; who wants to see the page need not wait for that.
  typescript: { ignoreBuildErrors: true },
  // The client is a folder beside this one: the bundler has to see both.
  turbopack: { root: path.join(import.meta.dirname, "..") },
  transpilePackages: ["@mediaforge/client"],
};

export default config;
