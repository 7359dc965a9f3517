"use client";
import { useEffect, useState } from "react";
import { Dialog } from "@/parts/dialog";
import { Empty } from "@/parts/empty";
import { Skeleton } from "@/parts/skeleton";
import { create as words } from "@/words/create";
import { refusal } from "@/words/en";
import { recentUploads } from "./actions";
import { addPicture, type Place } from "./uploads";

interface Props {
  readonly place: Place;
  readonly onClose: () => void;
}

export function RecentUploads({ place, onClose }: Props) {
  const [found, setFound] = useState<Awaited<ReturnType<typeof recentUploads>>>();
  const [failed, setFailed] = useState("");
  useEffect(() => {
    recentUploads().then(setFound, (error: { reason: string; message: string }) => setFailed(refusal(error)));
  }, []);
  return (
    <Dialog open onOpenChange={onClose} title={words.recent}>
      {failed && <Empty>{failed}</Empty>}
      {found?.length === 0 && <Empty>{words.noRecent}</Empty>}
      <ul className="grid grid-cols-4 gap-1">
        {!found &&
          !failed &&
          Array.from({ length: 8 }, (_, n) => <Skeleton key={String(n)} className="aspect-square" />)}
        {found?.map(({ path, thumbnail }, at) => (
          <li key={path}>
            <button
              type="button"
              aria-label={words.picture(at + 1)}
              onClick={() => {
                addPicture(path, thumbnail, place);
                onClose();
              }}
              className="block aspect-square w-full overflow-hidden rounded-picture bg-skeleton"
            >
              {thumbnail && <img src={thumbnail} alt="" className="h-full w-full object-cover" />}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
