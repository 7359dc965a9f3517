// Cuts a part out of a picture that the page shows.
interface Part {
  /** All four in percent of the picture. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Pixels {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part in whole pixels, at least one, within the picture. */
export function pixelsOf(part: Part, width: number, height: number): Pixels {
  const x = Math.min(width - 1, Math.round((part.x / 100) * width));
  const y = Math.min(height - 1, Math.round((part.y / 100) * height));
  return {
    x,
    y,
    width: Math.max(1, Math.min(width - x, Math.round((part.width / 100) * width))),
    height: Math.max(1, Math.min(height - y, Math.round((part.height / 100) * height))),
  };
}

const LOSSY: readonly string[] = ["image/jpeg", "image/webp"];
const QUALITY = 0.95;

/** The part as a file of the picture's own type: a photo as PNG would be larger than an upload may be. */
export function partOf(image: HTMLImageElement, part: Part, type: string): Promise<Blob> {
  const { x, y, width, height } = pixelsOf(part, image.naturalWidth, image.naturalHeight);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")?.drawImage(image, x, y, width, height, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large to be cut"))),
      LOSSY.includes(type) ? type : "image/png",
      QUALITY,
    );
  });
}
