// Pictures are loaded and decoded a few at a time, in the order in which they were asked for. One that has left the
// page before its turn is never loaded: whoever scrolls fast waits for nothing that was passed.
const AT_ONCE = 6;

interface Turn {
  readonly image: HTMLImageElement;
  readonly address: string;
}

let waiting: Turn[] = [];
let running = 0;

/** Shows the picture in its turn; then the element has `data-loaded`. Returns what takes it away again. */
export function showInTurn(image: HTMLImageElement, address: string): () => void {
  const turn = { image, address };
  waiting.push(turn);
  goOn();
  return () => {
    waiting = waiting.filter((each) => each !== turn);
    image.removeAttribute("src"); // ends what is on its way
    image.removeAttribute("data-loaded");
  };
}

function goOn(): void {
  while (running < AT_ONCE) {
    const turn = waiting.shift();
    if (!turn) return;
    running += 1;
    void load(turn).finally(() => {
      running -= 1;
      goOn();
    });
  }
}

async function load({ image, address }: Turn): Promise<void> {
  image.src = address;
  try {
    await image.decode();
    image.setAttribute("data-loaded", "");
  } catch {
    // It does not come, or was taken away: its box stays empty.
  }
}
