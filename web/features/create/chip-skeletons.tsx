/** The chips' places until they are there. */
export function ChipSkeletons() {
  return (
    <div aria-hidden className="flex gap-1.5 overflow-hidden py-0.5">
      {[0, 1, 2, 3, 4].map((n) => (
        <span key={n} className="h-control w-24 shrink-0 rounded-full bg-skeleton" />
      ))}
    </div>
  );
}
