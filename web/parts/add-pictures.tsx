import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import { uploadPicture, useUploads } from "@/live/uploads";
import { packWords as words } from "@/words/shelf";
import { Button } from "./button";
import { LazyPopover as Popover } from "./lazy-popover";
import { whyOf } from "./why";

interface Props {
  /** What the button says; else how many there are of how many. */
  readonly label?: string;
  readonly count: number;
  readonly max: number;
  /** Said where there are as many as there may be. */
  readonly full: string;
  readonly onAdd: (paths: readonly string[]) => void;
}

/** More pictures: from this machine, or of what was uploaded before. */
export function AddPictures({ label, count, max, full, onAdd }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const { value: uploads } = useUploads();
  const [says, setSays] = useState<string>();
  const [refused, setRefused] = useState<readonly string[]>([]);
  const [isOpen, setOpen] = useState(false);
  const isFull = count >= max;
  const choosing = (choose: () => void) => () => {
    setOpen(false);
    choose();
  };
  const send = async (files: readonly File[]) => {
    setRefused([]);
    for (const file of files.slice(0, max - count)) {
      try {
        const path = await uploadPicture(file, (percent) =>
          setSays(percent < 100 ? words.uploading(percent) : words.checking),
        );
        onAdd([path]);
      } catch (error) {
        setRefused((before) => [...before, words.refused(file.name, whyOf(error))]);
      }
    }
    setSays(undefined);
  };
  return (
    <div className="flex flex-col items-start gap-1">
      <Popover
        label={words.recent}
        open={isOpen}
        onOpenChange={setOpen}
        className="w-80"
        trigger={
          <Button icon={<Plus size={16} aria-hidden />} unavailable={isFull ? full : undefined}>
            {label ?? words.add(count, max)}
          </Button>
        }
      >
        <Button className="mb-2 w-full" onClick={choosing(() => input.current?.click())}>
          {words.upload}
        </Button>
        <p className="mb-1 text-meta text-text2">{uploads?.length === 0 ? words.noRecent : words.recent}</p>
        <div className="grid grid-cols-4 gap-1">
          {uploads
            ?.filter(({ status, thumbnail_url }) => status === "ready" && thumbnail_url)
            .map(({ id, path, thumbnail_url }) => (
              <button
                key={id}
                type="button"
                onClick={choosing(() => onAdd([path]))}
                className="aspect-square overflow-hidden rounded-picture bg-sunken"
              >
                <img src={thumbnail_url ?? ""} alt={id} loading="lazy" className="size-full object-cover" />
              </button>
            ))}
        </div>
      </Popover>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept="image/png,image/jpeg,image/webp"
        aria-label={words.upload}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = ""; // the same file may be chosen again
          void send(files);
        }}
      />
      <p className="text-meta text-text3" role="status">
        {says ?? words.files}
      </p>
      {refused.map((why) => (
        <p key={why} role="alert" className="text-control text-bad">
          {why}
        </p>
      ))}
    </div>
  );
}
