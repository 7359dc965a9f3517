import Link from "next/link";

export default function NotFound() {
  return (
    <div className="mx-auto max-w-[560px] p-6">
      <h1 className="text-page font-semibold">There is nothing at this address.</h1>
      <p className="mt-3">
        <Link href="/" className="text-accent-text underline">
          Create
        </Link>{" "}
        ·{" "}
        <Link href="/library" className="text-accent-text underline">
          Library
        </Link>
      </p>
    </div>
  );
}
