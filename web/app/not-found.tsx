import Link from "next/link";
import { app, places } from "@/words/en";

export default function NotFound() {
  return (
    <div className="mx-auto max-w-[560px] p-6">
      <h1 className="text-page font-semibold">{app.notFound}</h1>
      <p className="mt-3">
        <Link href="/" className="text-accent-text underline">
          {places.create}
        </Link>{" "}
        ·{" "}
        <Link href="/library" className="text-accent-text underline">
          {places.library}
        </Link>
      </p>
    </div>
  );
}
