import { create as words } from "@/words/create";
import { Examples } from "./examples";

/** In the page's HTML, where the feed will be: what a newcomer will find there. */
export function FeedBeginning() {
  return (
    <section aria-labelledby="feed" className="newcomers flex flex-col gap-6">
      <h2 id="feed" className="font-semibold text-body">
        {words.feed}
      </h2>
      <Examples isIn={false} />
    </section>
  );
}
