import { expect, test } from "vitest";
import type { Catalog, SizedModelOffer } from "@/live/catalog";
import { checked, DEFAULTS_ROW } from "./checks";
import { type Draft, emptyDraft } from "./draft";
import {
  askable,
  columnOf,
  estimateOf,
  faultsOfEstimate,
  faultsOfRefusal,
  nextFault,
  pricedBy,
  sendingOf,
} from "./requests";

const model = (id: string, more: Partial<SizedModelOffer> = {}): SizedModelOffer => ({
  id,
  title: id.toUpperCase(),
  kind: "image",
  available: true,
  priceCredits: 2,
  priceCreditsBySize: {},
  countMax: 4,
  referencesMax: 6,
  takesBrands: true,
  cancelStopsBill: true,
  defaultAspectRatio: "1:1",
  aspectRatios: { "1:1": { width: 64, height: 64 }, "3:2": { width: 96, height: 64 } },
  sizes: { "1K": {} },
  freeSizePx: null,
  ...more,
});

const FILM: Partial<SizedModelOffer> = {
  kind: "video",
  countMax: 1,
  sizes: { "720p": {} },
  video: {
    durationsSeconds: [4, 8],
    fps: [24],
    hasAudio: true,
    takesFirstFrame: true,
    takesLastFrame: false,
    takesLastFrameAlone: false,
    takesFramesWithReferences: false,
    referencesDurationSeconds: null,
  },
};

const CATALOG: Catalog = {
  defaults: { image: "flash", video: "film" },
  limits: { promptCharactersMax: 20, scheduleDaysMax: 30 },
  uploads: {
    bucket: "b",
    prefix: "p",
    extensions: [],
    contentTypes: [],
    bytesMax: 1,
    filesPerUserMax: 1,
    bytesPerUserMax: 1,
  },
  welcome: { credits: 0, signIns: [], tier: "free" },
  models: [model("flash"), model("pro"), model("far", { available: false }), model("film", FILM)],
  aliases: { old: { model: "flash", note: "old is flash now" } },
  styles: [{ id: "ink", title: "Ink drawing" }],
  tiers: [],
};

let keys = 0;
const newKey = () => `row-${++keys}`;

function draftOf(rows: Record<string, string>[], more: Partial<Draft> = {}): Draft {
  const draft = emptyDraft(newKey);
  const columns = [...new Set(["prompt", "aspectRatio", "count", "seed", ...rows.flatMap(Object.keys)])];
  return { ...draft, columns, rows: rows.map((cells) => ({ key: newKey(), cells })), ...more };
}

test.each<[string, Record<string, string>, string | undefined]>([
  ["nine of four", { prompt: "a", count: "9" }, "count"],
  ["half a picture", { prompt: "a", count: "1.5" }, "count"],
  ["a count as people write it", { prompt: "a", count: "x2" }, undefined],
  ["a ratio that the model has", { prompt: "a", aspectRatio: "3x2" }, undefined],
  ["a ratio that it has not", { prompt: "a", aspectRatio: "16:9" }, "aspectRatio"],
  ["a negative seed", { prompt: "a", seed: "-1" }, "seed"],
  ["no prompt", { count: "1" }, "prompt"],
  ["a prompt that is too long", { prompt: "x".repeat(21) }, "prompt"],
  ["code points are counted", { prompt: "🦉".repeat(20) }, undefined],
  ["a model by its title", { prompt: "a", model: "Pro" }, undefined],
  ["a retired model", { prompt: "a", model: "old" }, undefined],
  ["a model of the other kind", { prompt: "a", model: "film" }, "model"],
  ["a model that is not here", { prompt: "a", model: "far" }, "model"],
  ["a style by its title", { prompt: "a", styleId: "ink drawing" }, undefined],
  ["a length of an image", { prompt: "a", durationSeconds: "4" }, "durationSeconds"],
  ["a length of a video", { prompt: "a", kind: "Video", durationSeconds: "8 s" }, undefined],
  ["a length that it has not", { prompt: "a", kind: "video", durationSeconds: "5" }, "durationSeconds"],
  ["a variable that is missing", { prompt: "a {{b}}", "variables.b": "" }, "variables.b"],
  ["a variable that has no column", { prompt: "a {{b}}" }, "prompt"],
  ["a variable with a default", { prompt: "a {{b=c}}" }, undefined],
  ["a variable that is given", { prompt: "a {{b}}", "variables.b": "c" }, undefined],
])("%s", (_, cells, column) => {
  expect(checked(draftOf([cells]), CATALOG, undefined).faults.map((fault) => fault.column)).toEqual(
    column ? [column] : [],
  );
});

test("a model that the tier has not is named at its cell", () => {
  const tier = { id: "free", title: "Free", models: ["flash"] } as unknown as Catalog["tiers"][number];
  const [fault] = checked(draftOf([{ prompt: "a", model: "pro" }]), CATALOG, tier).faults;
  expect(fault).toMatchObject({ column: "model", message: "PRO is not part of Free." });
});

test("blank rows are not sent, and answers find their rows", () => {
  const draft = draftOf([{ prompt: "a", count: "2" }, { prompt: " " }, { prompt: "b" }], {
    name: " Posters ",
    defaults: { styleId: "Ink drawing" },
    maxCredits: "20",
    priority: "low",
  });
  const sending = sendingOf(draft, checked(draft, CATALOG, undefined), undefined);
  expect(sending.request).toEqual({
    name: "Posters",
    rows: [{ prompt: "a", count: 2 }, { prompt: "b" }],
    defaults: { styleId: "ink" },
    priority: "low",
    maxCredits: 20,
  });
  const errors = [
    { field: "rows[1].prompt", message: "is bad" },
    { field: "defaults.styleId", message: "is gone" },
    { field: "scheduledAt", message: "is late" },
  ];
  expect(faultsOfRefusal(errors, sending.places, draft.columns)).toEqual({
    cells: [
      { row: 2, column: "prompt", message: "is bad" },
      { row: DEFAULTS_ROW, column: "styleId", message: "is gone" },
    ],
    others: [errors[2]],
  });
});

test("an estimate asks for rows with their defaults, and its answers stay with the rows", () => {
  const draft = draftOf([{ prompt: "a", count: "9" }, { prompt: "b" }, { prompt: "c", seed: "1" }], {
    defaults: { styleId: "ink" },
  });
  const found = checked(draft, CATALOG, undefined);
  const asked = askable(found);
  expect(asked.map((row) => estimateOf(row, draft, found.defaults))).toEqual([
    { prompt: "b", styleId: "ink" },
    { prompt: "c", seed: 1, styleId: "ink" },
  ]);
  const priced = pricedBy(
    asked.map(({ key }) => key),
    [
      { credits: 2, model: "flash", kind: "image", reusable: true },
      {
        fieldErrors: [
          { field: "seed", message: "is taken" },
          { field: "styleId", message: "is gone" },
        ],
      },
    ],
  );
  expect([...priced.prices.values()]).toEqual([{ credits: 2, reusable: true }]);
  expect(faultsOfEstimate(found.rows, priced.faults, draft)).toEqual([
    { row: 2, column: "seed", message: "is taken" },
    { row: DEFAULTS_ROW, column: "styleId", message: "is gone" },
  ]);
});

test.each([
  ["count", "count"],
  ["variables.city", "variables.city"],
  ["variables.season", "prompt"],
  ["variables", "variables.city"],
  ["references[0].path", "prompt"],
  ["", "prompt"],
])("the field %s is at the column %s", (field, column) => {
  expect(columnOf(field, ["prompt", "count", "variables.city"])).toBe(column);
});

test("Next goes from fault to fault and round again", () => {
  const faults = [
    { row: 4, column: "prompt", message: "" },
    { row: 1, column: "count", message: "" },
    { row: 1, column: "prompt", message: "" },
  ];
  const columns = ["prompt", "count"];
  const visited = [nextFault(faults, columns)];
  for (let n = 0; n < 3; n += 1) visited.push(nextFault(faults, columns, visited.at(-1)));
  expect(visited.map((fault) => [fault?.row, fault?.column])).toEqual([
    [1, "prompt"],
    [1, "count"],
    [4, "prompt"],
    [1, "prompt"],
  ]);
});
