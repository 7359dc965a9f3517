// The page of the browser's test: signs in, generates, and keeps what it saw.
import { MediaForge } from "@mediaforge/client";
import { initializeApp } from "firebase/app";
import { getAuth, signInWithEmailAndPassword } from "firebase/auth";

async function run({ emulators, bucket }) {
  const app = initializeApp({ projectId: "demo-mediaforge", apiKey: "any", storageBucket: bucket });
  const mf = new MediaForge(app, { emulators });
  await signInWithEmailAndPassword(getAuth(app), "demo@mediaforge.test", "emulator");
  const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
  const file = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const upload = await mf.uploadReference(file);
  const references = [{ path: upload.path, mode: "style_only" }];
  const job = await mf.generateImage({ prompt: "a lighthouse", width: 64, height: 64, references });
  const statuses = [];
  for await (const { status } of mf.statuses(job.path)) statuses.push(status);
  const { generation_data } = await mf.result(job.path);
  const picture = Object.assign(new Image(), { src: generation_data.image_urls[0] });
  await picture.decode();
  const kept = await createImageBitmap(await mf.file(upload.path));
  return { statuses, width: picture.naturalWidth, uploaded: kept.width };
}

globalThis.run = run;
