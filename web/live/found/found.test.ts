import { expect, test } from "vitest";
import type { Generation } from "@/live/generation";
import { createFound, type Page } from "./found";

function generation(id: number, about: Partial<Generation> = {}): Generation {
  return {
    path: `generations/u/images/${id}`,
    createdAt: new Date(id * 1000).toISOString(),
    requestData: { prompt: `Picture ${id}`, aspectRatio: "3:2" },
    status: "completed",
    generationData: { thumbnailUrls: [`https://x/${id}`] },
    cover: 0,
    count: 1,
    width: null,
    height: null,
    missing: null,
    reusedFrom: null,
    favourite: false,
    tags: [],
    ...about,
  } as unknown as Generation;
}

/** A backend of these pages; `null` stands for a page that fails. */
function pages(...all: (Page | null)[]) {
  const asked: (string | undefined)[] = [];
  const ask = async (cursor?: string): Promise<Page> => {
    asked.push(cursor);
    const page = all.shift();
    if (!page) throw Object.assign(new Error("down"), { reason: "network" });
    return page;
  };
  return { asked, ask };
}

test("pages follow each other until the end, empty ones are passed over", async () => {
  const { asked, ask } = pages(
    { items: [generation(9)], cursor: "a" },
    { items: [], cursor: "b" },
    { items: [generation(5)] },
  );
  const found = createFound(ask);
  await found.more();
  expect([found.read().state, found.read().shelf.paths.length]).toEqual(["more", 1]);
  await found.more();
  await found.more();
  expect([found.read().state, found.read().shelf.titles]).toEqual(["end", ["Picture 9", "Picture 5"]]);
  expect(asked).toEqual([undefined, "a", "b"]);
});

test("two at once ask for one page", async () => {
  const { asked, ask } = pages({ items: [generation(9)], cursor: "a" }, { items: [generation(8)] });
  const found = createFound(ask);
  await Promise.all([found.more(), found.more()]);
  expect(asked).toEqual([undefined]);
});

test("a page that fails leaves what is there, and is asked for again from the same place", async () => {
  const { asked, ask } = pages({ items: [generation(9)], cursor: "a" }, null, { items: [generation(8)] });
  const found = createFound(ask);
  await found.more();
  await found.more();
  expect([found.read().state, found.read().failure?.reason, found.read().shelf.paths.length]).toEqual([
    "failed",
    "network",
    1,
  ]);
  await found.more();
  expect([found.read().state, found.read().failure, asked]).toEqual([
    "end",
    undefined,
    [undefined, "a", "a"],
  ]);
});

test("without a line there is what was there the last time, until the line is back", async () => {
  const { ask } = pages(null, { items: [generation(9)] });
  const kept = { items: [generation(3)], at: 77 };
  const written: (readonly Generation[])[] = [];
  const found = createFound(ask, { read: async () => kept, write: (items) => void written.push(items) });
  await found.more();
  expect([found.read().shelf.titles, found.read().asOf, written]).toEqual([["Picture 3"], 77, []]);
  await found.more();
  expect([found.read().shelf.titles, found.read().asOf, written.length]).toEqual([
    ["Picture 9"],
    undefined,
    1,
  ]);
});

test("what is new waits, or is shown", async () => {
  const { ask } = pages(
    { items: [generation(5)] },
    { items: [generation(7), generation(5, { favourite: true })] },
    { items: [generation(8), generation(7), generation(5)] },
  );
  const found = createFound(ask);
  await found.more();
  await found.look(false);
  expect([found.read().shelf.paths.length, found.read().fresh.map(({ title }) => title)]).toEqual([
    1,
    ["Picture 7"],
  ]);
  await found.look(false);
  expect(found.read().fresh).toHaveLength(2);
  found.showFresh();
  expect([found.read().shelf.titles, found.read().fresh]).toEqual([
    ["Picture 8", "Picture 7", "Picture 5"],
    [],
  ]);
});

test("what has no picture is held whole, until it has one", async () => {
  const { ask } = pages(
    { items: [generation(5, { status: "processing", generationData: null })] },
    { items: [generation(5)] },
  );
  const found = createFound(ask);
  await found.more();
  expect([...found.read().unfinished.keys()]).toEqual(["generations/u/images/5"]);
  await found.look(true);
  expect([found.read().unfinished.size, found.read().shelf.covers]).toEqual([0, ["https://x/5"]]);
});
