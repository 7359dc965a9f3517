import { ArrowUp } from "lucide-react";
import { Button } from "@/parts/button";
import { library as words } from "@/words/library";

interface Props {
  /** How many have come since. */
  readonly count: number;
  readonly onShow: () => void;
}

/** Over the grid, so that nothing moves when it comes. */
export function FreshPill({ count, onShow }: Props) {
  return (
    <div className="sticky top-2 z-20 -mb-3 flex h-0 justify-center max-tablet:top-14">
      <Button
        look="primary"
        className="rounded-full shadow-popover"
        icon={<ArrowUp size={16} aria-hidden />}
        onClick={() => {
          onShow();
          window.scrollTo({ top: 0 });
        }}
      >
        {words.fresh(count)}
      </Button>
    </div>
  );
}
