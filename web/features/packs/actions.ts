import { mediaForge } from "@/live/client";
import { type ListedPack, type PackFields, readPacksAgain } from "@/live/packs";

/** `from`: the version that was changed; refused with `version-changed` where there is another one by now. */
export async function save(fields: PackFields, id: string | undefined, from: number | undefined) {
  const saved = await (await mediaForge()).packs.save({ ...fields, id, from });
  readPacksAgain();
  return saved;
}

export async function remove(id: string): Promise<void> {
  await (await mediaForge()).packs.remove(id);
  readPacksAgain();
}

/** The pack as it is now; undefined: it is not the user's any more. */
export async function read(id: string): Promise<ListedPack | undefined> {
  for await (const page of (await mediaForge()).packs.list({ pageSize: 100 })) {
    const found = page.find((each) => each.id === id);
    if (found) return found;
  }
  return undefined;
}
