// Holds the colours of theme.css to WCAG's contrast: OKLCH → sRGB of 8 bits → luminance → ratio.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

type Rgb = readonly [number, number, number];
const TEXT = 4.5;
const SHAPE = 3;

const css = readFileSync(path.join(import.meta.dirname, "theme.css"), "utf8");

type Lch = readonly [number, number, number];

/** The tokens of a theme, as they are written. */
function tokens(theme: "light" | "dark"): Map<string, Lch> {
  const block = new RegExp(`\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
  const found = block.matchAll(/--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g);
  return new Map([...found].map(([, name = "", ...lch]) => [name, lch.map(Number) as unknown as Lch]));
}

/** Linear sRGB, not yet cut to what a screen shows. */
function linear([lightness, chroma, hue]: Lch): Rgb {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function rgb(colour: Lch): Rgb {
  const bits = linear(colour).map((part) => {
    const encoded = part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, encoded)));
  });
  return bits as unknown as Rgb;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((bits) => {
    const part = bits / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Each colour with the grounds it stands on. */
const TEXTS: Record<string, string> = {
  text: "bg surface sunken hover tint skeleton ok-tint wait-tint bad-tint",
  text2: "bg surface sunken hover tint skeleton",
  text3: "bg surface sunken skeleton",
  "accent-text": "bg surface sunken hover tint skeleton",
  "on-accent": "accent accent-hover bad-fill",
  ok: "surface ok-tint",
  wait: "surface wait-tint skeleton",
  bad: "bg surface bad-tint skeleton",
};
const SHAPES: Record<string, string> = {
  control: "bg surface sunken",
  accent: "bg surface sunken skeleton",
};

const pairs = (table: Record<string, string>, least: number) =>
  Object.entries(table).flatMap(([colour, grounds]) =>
    grounds.split(" ").map((ground) => [colour, ground, least] as const),
  );

describe.each(["light", "dark"] as const)("%s", (theme) => {
  const known = tokens(theme);

  test.each([...pairs(TEXTS, TEXT), ...pairs(SHAPES, SHAPE)])(
    "%s on %s: at least %f",
    (colour, ground, least) => {
      const [over, under] = [known.get(colour), known.get(ground)];
      if (!over || !under) throw new Error(`theme.css has no --${over ? ground : colour}`);
      expect(ratio(rgb(over), rgb(under))).toBeGreaterThanOrEqual(least);
    },
  );

  test("a screen shows every colour as it is written", () => {
    const cut = [...known].filter(([, colour]) =>
      linear(colour).some((part) => part < -0.0005 || part > 1.0005),
    );
    expect(cut).toEqual([]);
  });
});

test("white on a picture's scrim is legible over a white picture", () => {
  const alpha = Number(/--color-scrim: oklch\(0 0 0 \/ ([\d.]+)\)/.exec(css)?.[1]);
  const ground = Math.round(255 * (1 - alpha));
  expect(ratio([255, 255, 255], [ground, ground, ground])).toBeGreaterThanOrEqual(TEXT);
});
