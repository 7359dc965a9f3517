import { Minus, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/parts/button";
import { cx } from "@/parts/cx";
import { IconButton } from "@/parts/icon-button";
import { compare as words } from "@/words/compare";
import type { Mode } from "./pair";
import { altOf, pictureOf, type Shown, SideView } from "./side-view";
import { Slider } from "./slider";
import { type PaneHandle, ZoomPane } from "./zoom-pane";

const ZOOMS = [1, 1.5, 2, 3, 4, 6];

interface Props {
  readonly mode: Mode;
  readonly left: Shown;
  readonly right: Shown;
  /** Of flick: which one is seen. */
  readonly front: "A" | "B";
  readonly onFlick: () => void;
}

/** Both sides, in one of three ways; larger and smaller together. */
export function Stage({ mode, left, right, front, onFlick }: Props) {
  const [step, setStep] = useState(0);
  const panes = { left: useRef<PaneHandle>(null), right: useRef<PaneHandle>(null) };
  const zoom = ZOOMS[step] ?? 1;
  const [one, other] = [pictureOf(left), pictureOf(right)];
  const isSlider = mode === "slider" && one !== undefined && other !== undefined;
  const isFlick = mode === "flick";
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-1">
      <div className={cx("flex min-h-0 flex-1 gap-1", !isSlider && !isFlick && "max-tablet:flex-col")}>
        {isSlider ? (
          <ZoomPane zoom={zoom} label={words.modes.slider}>
            <Slider left={{ address: one, alt: altOf(left) }} right={{ address: other, alt: altOf(right) }} />
          </ZoomPane>
        ) : isFlick ? (
          <ZoomPane zoom={zoom} label={words.showing(front)}>
            {/* Both are there, so that nothing loads between them. */}
            {[left, right].map((shown) => (
              <div key={shown.name} className="absolute inset-0" hidden={shown.name !== front}>
                <SideView shown={shown} />
              </div>
            ))}
          </ZoomPane>
        ) : (
          <>
            <ZoomPane
              pane={panes.left}
              zoom={zoom}
              label={altOf(left)}
              onScroll={(x, y) => panes.right.current?.scrollTo(x, y)}
            >
              <SideView shown={left} />
            </ZoomPane>
            <ZoomPane
              pane={panes.right}
              zoom={zoom}
              label={altOf(right)}
              onScroll={(x, y) => panes.left.current?.scrollTo(x, y)}
            >
              <SideView shown={right} />
            </ZoomPane>
          </>
        )}
      </div>
      <div className="flex items-center justify-center gap-1">
        {isFlick && (
          <Button onClick={onFlick} aria-keyshortcuts="x">
            {words.show(front === "A" ? "B" : "A")}
          </Button>
        )}
        <IconButton label={words.zoomOut} disabled={step === 0} onClick={() => setStep(step - 1)}>
          <Minus size={16} aria-hidden />
        </IconButton>
        <Button
          look="quiet"
          className="min-w-16 tabular-nums"
          aria-label={words.fit}
          onClick={() => setStep(0)}
        >
          {Math.round(zoom * 100)} %
        </Button>
        <IconButton
          label={words.zoomIn}
          disabled={step === ZOOMS.length - 1}
          onClick={() => setStep(step + 1)}
        >
          <Plus size={16} aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}
