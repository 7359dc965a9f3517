import type { Picture } from "./draft";
import type { OnItsWay } from "./uploads";

/** A picture, or how far it is on its way. */
export function Preview({
  picture,
  onItsWay,
}: {
  readonly picture: Picture;
  readonly onItsWay: OnItsWay | undefined;
}) {
  const source = picture.thumbnail ?? onItsWay?.preview;
  return (
    <>
      {source && (
        <img src={source} alt="" className={`h-full w-full object-cover ${onItsWay ? "opacity-60" : ""}`} />
      )}
      {onItsWay && !onItsWay.refused && (
        <span
          aria-hidden
          className="absolute inset-x-0 bottom-0 h-1 origin-left bg-accent transition-transform duration-120"
          style={{ transform: `scaleX(${onItsWay.share})` }}
        />
      )}
    </>
  );
}
