import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { Button } from "@/parts/button";
import { cx } from "@/parts/cx";
import { details as words } from "@/words/details";
import { app } from "@/words/en";

interface PictureProps {
  readonly alt: string;
  readonly full: string | undefined;
  /** Shown until the full one is there, and where it does not come. */
  readonly thumbnail: string | undefined;
  readonly isZoomed: boolean;
  readonly onZoom: (isZoomed: boolean) => void;
}

/** One picture as large as fits, or at its own size. */
export function PictureStage(props: PictureProps) {
  const { alt, full, thumbnail, isZoomed, onZoom } = props;
  const { shown, hasFailed, again } = useDecoded(full);
  const frame = useRef<HTMLDivElement>(null);
  const source = shown ?? thumbnail;

  function zoom(event: MouseEvent | KeyboardEvent) {
    onZoom(!isZoomed);
    const { current } = frame;
    if (isZoomed || !current || !("clientX" in event)) return;
    const box = current.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    // Once it has grown, what was pressed is where it was.
    requestAnimationFrame(() => {
      current.scrollLeft = x * current.scrollWidth - current.clientWidth / 2;
      current.scrollTop = y * current.scrollHeight - current.clientHeight / 2;
    });
  }
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={frame}
        className={cx(
          "relative min-h-0 flex-1 bg-sunken",
          isZoomed ? "overflow-auto overscroll-contain" : "overflow-hidden",
        )}
      >
        <button
          type="button"
          aria-label={`${alt}. ${isZoomed ? words.fit : words.actualSize}`}
          aria-pressed={isZoomed}
          onClick={zoom}
          className={cx(
            isZoomed
              ? "grid min-h-full min-w-full cursor-zoom-out place-items-center"
              : "absolute inset-0 cursor-zoom-in",
          )}
        >
          {source && (
            <img
              src={source}
              alt={alt}
              className={isZoomed ? "max-w-none" : "absolute inset-0 size-full object-contain"}
            />
          )}
        </button>
      </div>
      {hasFailed && (
        <p role="alert" className="flex items-center gap-3 px-3 py-1 text-control text-text2">
          {words.small}
          <Button look="link" onClick={again}>
            {app.tryAgain}
          </Button>
        </p>
      )}
    </div>
  );
}

/** An address once its picture is decoded: what is shown never flashes. */
function useDecoded(address: string | undefined) {
  const [state, setState] = useState<{ address: string; isDecoded: boolean }>();
  const [times, setTimes] = useState(0);
  useEffect(() => {
    if (!address) return;
    let isOver = false;
    const picture = new Image();
    picture.src = address;
    picture.decode().then(
      () => !isOver && setState({ address, isDecoded: true }),
      () => !isOver && setState({ address, isDecoded: false }),
    );
    return () => {
      isOver = true;
    };
  }, [address, times]);
  const own = state?.address === address ? state : undefined;
  return {
    shown: own?.isDecoded ? address : undefined,
    hasFailed: own?.isDecoded === false,
    again: () => {
      setState(undefined);
      setTimes((before) => before + 1);
    },
  };
}

interface VideoProps {
  readonly name: string;
  readonly address: string;
  readonly poster: string | undefined;
  readonly ratio: number;
}

/** The browser's own player, silent until asked. */
export function VideoStage({ name, address, poster, ratio }: VideoProps) {
  return (
    <div className="grid min-h-0 flex-1 place-items-center overflow-hidden bg-sunken">
      <video
        key={address}
        src={address}
        poster={poster}
        aria-label={name}
        controls
        muted
        playsInline
        preload="metadata"
        style={{ aspectRatio: ratio }}
        className="max-h-full w-full max-w-full"
      />
    </div>
  );
}
