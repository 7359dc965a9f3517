import { type DetailedHTMLProps, type HTMLAttributes, useEffect, useRef, useState } from "react";
import { compare as words } from "@/words/compare";

type SliderProps = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement> & { value?: number };

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "img-comparison-slider": SliderProps;
    }
  }
}

interface Props {
  readonly left: { readonly address: string; readonly alt: string };
  readonly right: { readonly address: string; readonly alt: string };
}

/** As high as the pane: the element's own boxes are as high as what is in them. */
const PICTURE = "h-[100cqh] w-full bg-sunken object-contain";

/** Both pictures over each other, with a divider that is dragged, pressed, or moved by arrow keys. */
export function Slider({ left, right }: Props) {
  const element = useRef<HTMLElement>(null);
  const [share, setShare] = useState(50);
  useEffect(() => {
    void import("img-comparison-slider"); // an element of the page's own, from here on
  }, []);
  useEffect(() => {
    const { current } = element;
    const slid = () => setShare(Math.round(Number((current as unknown as { value?: number })?.value ?? 50)));
    current?.addEventListener("slide", slid);
    return () => current?.removeEventListener("slide", slid);
  }, []);
  return (
    <img-comparison-slider
      ref={element}
      role="slider"
      tabIndex={0}
      aria-label={words.divider}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share}
      aria-valuetext={`${left.alt} ${share} %, ${right.alt} ${100 - share} %`}
      className="absolute inset-0 block size-full [--divider-color:white] [--divider-width:2px] [--default-handle-color:white] [--default-handle-shadow:0_0_4px_black]"
    >
      <img slot="first" src={left.address} alt={left.alt} className={PICTURE} />
      <img slot="second" src={right.address} alt={right.alt} className={PICTURE} />
    </img-comparison-slider>
  );
}
