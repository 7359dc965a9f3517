interface Props {
  readonly title: string;
  readonly aside?: React.ReactNode;
  readonly children: React.ReactNode;
}

/** Rows under a heading that counts them. */
export function Section({ title, aside, children }: Props) {
  return (
    <section className="mb-4">
      <header className="flex h-8 items-center justify-between gap-2 border-line border-b text-meta text-text3 tabular-nums">
        <h3>{title}</h3>
        {aside}
      </header>
      <ul>{children}</ul>
    </section>
  );
}
