import Link from "next/link";
import type { ReactNode } from "react";
import { useCatalog } from "@/live/catalog";
import { type Generation, promptOf } from "@/live/generation";
import { usePacks } from "@/live/packs";
import { useTemplates } from "@/live/templates";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { CopyButton } from "@/parts/copy-button";
import { viewAddress, viewOfFile } from "@/parts/generation-address";
import { details as words } from "@/words/details";
import { seedOf } from "./request";

interface Props {
  readonly generation: Generation;
  readonly picture: number;
  readonly tags: readonly string[];
  readonly onTags: () => void;
  /** Why tags cannot be changed. */
  readonly whyNot: string | undefined;
}

interface Asked {
  readonly negativePrompt?: string;
  readonly styleId?: string;
  readonly references?: readonly {
    readonly path: string;
    readonly mode: "style_only" | "style_and_composition";
  }[];
  readonly firstFrame?: object;
  readonly lastFrame?: object;
  readonly editOf?: { readonly path: string };
  readonly extendOf?: { readonly path: string };
  readonly background?: string;
}

/** What it was made of, in words. Names come from the catalogue and the shelves, else there are ids. */
export function Facts({ generation, picture, tags, onTags, whyNot }: Props) {
  const { width, height, generationData, brandId, pack, template, batchId, retryOf, reusedFrom, path } =
    generation;
  const { replacedModel } = generation;
  const asked = generation.requestData as Asked;
  const { value: catalog } = useCatalog();
  const packs = usePacks().value;
  const templates = useTemplates().value;
  const model = catalog?.models.find(({ id }) => id === generation.model)?.title ?? generation.model;
  const style = catalog?.styles.find(({ id }) => id === asked.styleId)?.title ?? asked.styleId;
  const seed = seedOf(generation, picture);
  const prompt = promptOf(generation);
  const sibling = (id: string) => viewAddress(path.replace(/[^/]+$/, id));
  return (
    <div className="flex flex-col gap-4 text-control">
      <p className="text-text2">
        {words.statuses[generation.status]} · {creditsOf(generation)}
      </p>
      <section>
        <header className="flex items-center justify-between">
          <h2 className="text-meta text-text3 uppercase tracking-wide">{words.prompt}</h2>
          <CopyButton text={prompt} what={words.prompt} />
        </header>
        <p className="whitespace-pre-wrap text-body [overflow-wrap:anywhere]">{prompt || words.untitled}</p>
      </section>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 [&_dd]:min-w-0 [&_dd]:[overflow-wrap:anywhere] [&_dt]:text-text3">
        <Fact name={words.negative}>{asked.negativePrompt}</Fact>
        <Fact name={words.model}>{model}</Fact>
        <Fact name={words.replaced}>{replacedModel?.note}</Fact>
        <Fact name={words.size}>{width && height ? `${width}×${height}` : undefined}</Fact>
        <Fact name={words.length}>
          {generationData?.durationSeconds
            ? words.seconds(Math.round(generationData.durationSeconds * 10) / 10, generationData.fps)
            : undefined}
        </Fact>
        <Fact name={words.seed}>
          {seed !== undefined && (
            <span className="inline-flex items-center gap-1 font-mono">
              {seed} <CopyButton text={String(seed)} what={words.seed} />
            </span>
          )}
        </Fact>
        <Fact name={words.style}>{style}</Fact>
        <Fact name={words.brand}>{brandId && <To href={`/brands?id=${brandId}`}>{brandId}</To>}</Fact>
        <Fact name={words.pack}>
          {pack && (
            <To href={`/packs?id=${pack.id}`}>{words.version(nameIn(packs, pack.id), pack.version)}</To>
          )}
        </Fact>
        <Fact name={words.template}>
          {template && (
            <To href={`/templates?id=${template.id}`}>
              {words.version(nameIn(templates, template.id), template.version)}
            </To>
          )}
        </Fact>
        <Fact name={words.references}>
          {asked.references?.map(({ mode }, n) => words.reference(n + 1, words.modes[mode])).join("; ")}
        </Fact>
        <Fact name={words.frames}>
          {[asked.firstFrame && words.firstFrame, asked.lastFrame && words.lastFrame]
            .filter(Boolean)
            .join(", ")}
        </Fact>
        <Fact name={words.editOf}>{madeIn(asked.editOf?.path)}</Fact>
        <Fact name={words.extendOf}>{madeIn(asked.extendOf?.path)}</Fact>
        <Fact name={words.background}>{asked.background === "transparent" && words.transparent}</Fact>
        <Fact name={words.made}>{moment(generation.createdAt)}</Fact>
        <Fact name={words.batch}>{batchId && <To href={`/batch?id=${batchId}`}>{words.openBatch}</To>}</Fact>
        <Fact name={words.retryOf}>{retryOf && <To href={sibling(retryOf)}>{words.thatOne}</To>}</Fact>
        <Fact name={words.reusedFrom}>
          {reusedFrom && <To href={sibling(reusedFrom)}>{words.thatOne}</To>}
        </Fact>
        <Fact name={words.tags}>
          <span className="flex flex-wrap items-center gap-1.5">
            {tags.map((tag) => (
              <To key={tag} href={`/library?tag=${encodeURIComponent(tag)}`}>
                {tag}
              </To>
            ))}
            <Button look="link" unavailable={whyNot} onClick={onTags}>
              {words.addTags}
            </Button>
          </span>
        </Fact>
      </dl>
    </div>
  );
}

/** The way to what a file was made by; an upload has no page. */
function madeIn(path: string | undefined): ReactNode {
  const view = path && viewOfFile(path);
  return path && (view ? <To href={viewAddress(view.path, view.n)}>{words.thatOne}</To> : words.upload);
}

function creditsOf({ status, credits }: Generation): string {
  const isOpen = status === "queued" || status === "processing";
  return isOpen ? words.held(credits.estimated) : words.charged(credits.charged);
}

function nameIn(
  shelf: readonly { readonly id: string; readonly name: string }[] | undefined,
  id: string,
): string {
  return shelf?.find((each) => each.id === id)?.name ?? id;
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (!children) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function To({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  return (
    <Link href={href} className="text-accent-text underline-offset-2 hover:underline">
      {children}
    </Link>
  );
}
