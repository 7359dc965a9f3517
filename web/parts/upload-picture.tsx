import { ImageOff } from "lucide-react";
import { useUpload } from "@/live/uploads";
import { packWords as words } from "@/words/shelf";

interface Props {
  readonly path: string;
  /** What it shows. */
  readonly alt: string;
}

/** The thumbnail of one of the user's uploads; of one that is gone, or is not theirs, an empty place. */
export function UploadPicture({ path, alt }: Props) {
  const upload = useUpload(path);
  if (upload?.thumbnail_url)
    return <img src={upload.thumbnail_url} alt={alt} className="size-full object-cover" />;
  const says = upload === null ? `${alt}: ${words.missing}` : alt;
  return (
    <span role="img" aria-label={says} title={says} className="grid size-full place-items-center">
      <ImageOff size={18} aria-hidden className="text-text3" />
    </span>
  );
}
