import { X } from "lucide-react";
import { IconButton } from "@/parts/icon-button";
import { UploadPicture } from "@/parts/upload-picture";
import { brandWords as words } from "@/words/brands";

interface Props {
  readonly paths: readonly string[];
  /** Undefined: they are only shown. */
  readonly onRemove?: (path: string) => void;
}

/** The pictures that a brand learns from. Only their uploader's thumbnails can be shown. */
export function Pictures({ paths, onRemove }: Props) {
  if (paths.length === 0) return null;
  return (
    <ol aria-label={words.pictures} className="grid grid-cols-[repeat(auto-fill,minmax(96px,1fr))] gap-2">
      {paths.map((path, at) => (
        <li key={path} className="relative aspect-square overflow-hidden rounded-picture bg-sunken">
          <UploadPicture path={path} alt={words.picture(at + 1)} />
          {onRemove && (
            <span className="absolute end-1 top-1 rounded-control bg-surface">
              <IconButton label={words.remove(at + 1)} onClick={() => onRemove(path)} className="size-7">
                <X size={14} aria-hidden />
              </IconButton>
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
