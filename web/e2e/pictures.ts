// Pictures and texts as a user brings them to the page: on the clipboard, or dragged.
import type { Locator, Page } from "@playwright/test";

export interface Brought {
  readonly name: string;
  readonly type: string;
  /** A plain picture of this colour is drawn; or else these bytes are sent, filled up to `size`. */
  readonly colour?: string;
  readonly width?: number;
  readonly bytes?: readonly number[];
  readonly size?: number;
}

/** The bytes that an HEIC picture begins with. */
export const HEIC = [0, 0, 0, 24, ...[..."ftypheic"].map((letter) => letter.charCodeAt(0)), 0, 0, 0, 0];

/** What a drag or a clipboard with these files is, in the page. */
async function transferOf(page: Page, brought: readonly Brought[]) {
  return page.evaluateHandle(async (files) => {
    const transfer = new DataTransfer();
    for (const { name, type, colour, width = 200, bytes = [], size = bytes.length } of files) {
      let content: BlobPart = new Uint8Array(size);
      if (colour) {
        const canvas = Object.assign(document.createElement("canvas"), { width, height: 100 });
        const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
        pen.fillStyle = colour;
        pen.fillRect(0, 0, width, 100);
        content = await new Promise<Blob>((done) => canvas.toBlob((blob) => blob && done(blob), type));
      } else (content as Uint8Array).set(bytes);
      transfer.items.add(new File([content], name, { type }));
    }
    return transfer;
  }, brought);
}

export async function drop(page: Page, brought: readonly Brought[]): Promise<void> {
  const dataTransfer = await transferOf(page, brought);
  const main = page.getByRole("main").locator("[data-prompt]").first();
  await main.dispatchEvent("dragover", { dataTransfer });
  await main.dispatchEvent("drop", { dataTransfer });
}

export async function pasteFiles(box: Locator, brought: readonly Brought[]): Promise<void> {
  const transfer = await transferOf(box.page(), brought);
  await box.evaluate((element, clipboardData) => {
    const event = { clipboardData, bubbles: true, cancelable: true };
    element.dispatchEvent(new ClipboardEvent("paste", event));
  }, transfer);
}

export async function paste(box: Locator, text: string): Promise<void> {
  await box.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}
