import type { BatchRow } from "@/live/batches";
import { columnWords } from "@/words/batches";
import { failure } from "@/words/en";
import { promptOf } from "./tile";

/** What was made of the row, or why nothing was. */
export function Made({ row }: { readonly row: BatchRow }) {
  const { generation_data: made, error } = row;
  if (error)
    return (
      <p className="rounded-control bg-bad-tint px-3 py-2 text-control">
        {failure(error, row.attempt, row.credits.charged).says}
      </p>
    );
  if (!made) return null;
  if (made.video_url)
    return (
      <video
        controls
        muted
        preload="metadata"
        poster={made.thumbnail_urls[0]}
        src={made.video_url}
        className="w-full rounded-picture bg-sunken"
      />
    );
  return (
    <div className="flex flex-col gap-1">
      {made.image_urls.map((url, at) => (
        <img
          key={made.storage_paths[at]}
          src={url}
          alt={promptOf(row)}
          loading="lazy"
          decoding="async"
          className="w-full rounded-picture bg-sunken"
        />
      ))}
    </div>
  );
}

const HIDDEN = ["variables", "kind", "references", "referencePackId", "templateId", "estimatedCredits"];

/** What was asked for, field by field. */
export function Request({ row }: { readonly row: BatchRow }) {
  const { variables, ...request } = row.request_data as Record<string, unknown> & {
    variables?: Record<string, string>;
  };
  const fields = Object.entries(request).filter(
    ([name, value]) => !HIDDEN.includes(name) && typeof value !== "object",
  );
  const said = [
    ...fields.map(([name, value]) => [columnWords[name] ?? name, String(value)] as const),
    ...Object.entries(variables ?? {}).map(([name, value]) => [`{{${name}}}`, value] as const),
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-control">
      {said.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-text2">{name}</dt>
          <dd className="break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
