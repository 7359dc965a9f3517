import { ImageOff, X } from "lucide-react";
import { useUploads } from "@/live/packs";
import { IconButton } from "@/parts/icon-button";
import { brandWords as words } from "@/words/brands";

interface Props {
  readonly paths: readonly string[];
  /** Undefined: they are only shown. */
  readonly onRemove?: (path: string) => void;
}

/** The pictures that a brand learns from. Only their uploader's thumbnails can be shown. */
export function Pictures({ paths, onRemove }: Props) {
  const { value: uploads = [] } = useUploads();
  if (paths.length === 0) return null;
  return (
    <ol aria-label={words.pictures} className="grid grid-cols-[repeat(auto-fill,minmax(96px,1fr))] gap-2">
      {paths.map((path, at) => {
        const address = uploads.find((upload) => upload.path === path)?.thumbnail_url;
        return (
          <li
            key={path}
            className="relative grid aspect-square place-items-center overflow-hidden rounded-picture bg-sunken"
          >
            {address ? (
              <img src={address} alt={words.picture(at + 1)} className="size-full object-cover" />
            ) : (
              <span role="img" aria-label={words.picture(at + 1)}>
                <ImageOff size={18} aria-hidden className="text-text3" />
              </span>
            )}
            {onRemove && (
              <span className="absolute end-1 top-1 rounded-control bg-surface">
                <IconButton label={words.remove(at + 1)} onClick={() => onRemove(path)} className="size-7">
                  <X size={14} aria-hidden />
                </IconButton>
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
