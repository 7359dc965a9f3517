"use client";
import { useEffect, useState } from "react";
import { usePayer } from "@/live/payer";
import { Dialog } from "@/parts/dialog";
import { Empty } from "@/parts/empty";
import { Field } from "@/parts/field";
import { Skeleton } from "@/parts/skeleton";
import { create as words } from "@/words/create";
import { refusal } from "@/words/en";
import { type FoundPicture, libraryPictures, packPictures, recentUploads } from "./actions";

/** Where pictures are chosen from that are there already. */
export type Source = keyof typeof words.sources;

interface Props {
  readonly source: Source;
  readonly onPick: (picture: FoundPicture) => void;
  readonly onClose: () => void;
}

const SEARCH_AFTER_MS = 300;

/** Pictures to choose one of: of the library, the uploads, or the packs. */
export default function PickDialog({ source, onPick, onClose }: Props) {
  const teamId = usePayer()?.teamId;
  const [text, setText] = useState("");
  const [found, setFound] = useState<readonly FoundPicture[]>();
  const [failed, setFailed] = useState("");
  useEffect(() => {
    let isOld = false;
    const load = () => {
      const asked =
        source === "library"
          ? libraryPictures(text.trim(), teamId)
          : source === "pack"
            ? packPictures()
            : recentUploads();
      asked.then(
        (pictures) => !isOld && setFound(pictures),
        (error: { reason: string; message: string }) => !isOld && setFailed(refusal(error)),
      );
    };
    setFailed("");
    const timer = setTimeout(load, text ? SEARCH_AFTER_MS : 0);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [source, text, teamId]);
  return (
    <Dialog open onOpenChange={onClose} title={words.sources[source]}>
      {source === "library" && (
        <Field
          label={words.searchPictures}
          hidesLabel
          placeholder={words.searchPictures}
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="mb-3"
        />
      )}
      {failed && <Empty>{failed}</Empty>}
      {found?.length === 0 && !failed && <Empty>{text ? words.noneFound : words.nothingIn[source]}</Empty>}
      <ul className="grid grid-cols-4 gap-1">
        {!found &&
          !failed &&
          Array.from({ length: 8 }, (_, n) => <Skeleton key={String(n)} className="aspect-square" />)}
        {found?.map((picture, at) => (
          <li key={`${picture.path} ${picture.name}`}>
            <button
              type="button"
              aria-label={picture.name || words.picture(at + 1)}
              title={picture.name}
              onClick={() => onPick(picture)}
              className="block aspect-square w-full overflow-hidden rounded-picture bg-skeleton"
            >
              {picture.thumbnail && (
                <img src={picture.thumbnail} alt="" loading="lazy" className="size-full object-cover" />
              )}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
