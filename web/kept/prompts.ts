// The last prompts, newest first: the bar walks through them.
import { read, write } from "./db";

const MAX = 50;

export async function readPrompts(uid: string): Promise<readonly string[]> {
  return (await read<string[]>("prompts", uid)) ?? [];
}

export async function keepPrompt(uid: string, prompt: string): Promise<void> {
  const text = prompt.trim();
  if (!text) return;
  const before = await readPrompts(uid);
  await write("prompts", uid, [text, ...before.filter((each) => each !== text)].slice(0, MAX));
}
