import { type DragEvent, useState } from "react";
import { viewAt } from "@/parts/generation-address";
import { addFiles, addGenerated } from "./bar-pictures";

const LINK = "text/uri-list";

/** Pictures may be dropped anywhere on the page: files, and tiles, which are links to what they show. */
export function useDrop() {
  const [isOver, setOver] = useState(false);
  const isPicture = ({ dataTransfer: { types } }: DragEvent) =>
    types.includes("Files") || types.includes(LINK);
  return {
    isOver,
    onDragOver: (event: DragEvent) => {
      if (!isPicture(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      if (!isPicture(event)) return;
      event.preventDefault();
      setOver(false);
      const { files } = event.dataTransfer;
      // A tile that is dragged brings its thumbnail as a file, too: the picture itself is meant.
      const view = viewAt(event.dataTransfer.getData(LINK), location.origin);
      if (view)
        addGenerated(view.path, view.n).catch(() => {}); // not there any more: nothing to add
      else addFiles(files, "references");
    },
  };
}
