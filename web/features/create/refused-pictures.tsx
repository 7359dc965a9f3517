"use client";
import { Button } from "@/parts/button";
import { create as words } from "@/words/create";
import { takeOut } from "./bar-pictures";
import type { Draft } from "./draft";
import { useUploads } from "./uploads";

/** Why pictures of the bar cannot be used, each with the way out. */
export function RefusedPictures({ draft }: { readonly draft: Draft }) {
  const uploads = useUploads();
  const pictures = [...draft.references, draft.firstFrame, draft.lastFrame];
  return pictures.map((picture) => {
    const why = picture && uploads.get(picture.id)?.refused;
    if (!picture || !why) return null;
    return (
      <p key={picture.id} role="alert" className="flex flex-wrap items-center gap-x-3 text-bad text-control">
        {why}
        <Button look="link" className="h-6" onClick={() => takeOut(picture)}>
          {words.remove}
        </Button>
      </p>
    );
  });
}
