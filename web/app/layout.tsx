import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Jobs } from "@/features/jobs";
import { Gate, SignInDialog } from "@/features/session";
import { Shell } from "@/features/shell";
import "@/styles/theme.css";
import { app as words } from "@/words/en";

export const metadata: Metadata = {
  title: { default: words.name, template: `%s · ${words.name}` },
  description: words.description,
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  interactiveWidget: "resizes-content",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f9fafb" },
    { media: "(prefers-color-scheme: dark)", color: "#0f1014" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* Before the first paint, so that no page flashes in the other theme. */}
        <script src="/theme.js" />
        {/* Not while it is developed: what a build names by its hash, the development server does not. */}
        {process.env.NODE_ENV === "production" && <script src="/offline.js" async />}
      </head>
      <body className="bg-bg text-text antialiased">
        <Shell
          layers={
            <>
              <Jobs />
              <SignInDialog />
            </>
          }
        >
          <Gate>{children}</Gate>
        </Shell>
      </body>
    </html>
  );
}
