import { expect, test } from "vitest";
import { generationOfFile } from "./thumbnails";

test("a file that was made names its job, an upload none", () => {
  expect(generationOfFile("generating/u1/image/job1_0.png")).toBe("generations/u1/images/job1");
  expect(generationOfFile("references/u1/a.png")).toBeUndefined();
  expect(generationOfFile("generating/u1/video/job1.mp4")).toBeUndefined();
});
