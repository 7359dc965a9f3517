import { Download, FileDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { type Export, readExportsAgain, useExport, useExports, whenExported } from "@/live/batches";
import { failureOf } from "@/live/store";
import { isoOf } from "@/parts/batch-summary";
import { Button } from "@/parts/button";
import { LazyPopover as Popover } from "@/parts/lazy-popover";
import { toast } from "@/parts/toasts";
import { runWords as words } from "@/words/batches";
import { refusal } from "@/words/en";
import { askExport, type ExportFormat } from "./actions";

interface Props {
  readonly batchId: string;
  readonly name: string;
  readonly unavailable: string | undefined;
}

const FORMATS: readonly ExportFormat[] = ["csv", "json", "zip"];
const DAY_MS = 24 * 3600_000;

/** Asks for files of the batch, and shows those that were: how far they are, and how long they stay. */
export function Exports({ batchId, name, unavailable }: Props) {
  const [asked, setAsked] = useState<string>();
  return (
    <Popover
      label={words.exports}
      align="end"
      className="w-80"
      trigger={
        <Button icon={<FileDown size={16} aria-hidden />} unavailable={unavailable}>
          {words.export}
        </Button>
      }
    >
      <Files {...{ batchId, name, asked, setAsked }} />
    </Popover>
  );
}

interface FilesProps extends Pick<Props, "batchId" | "name"> {
  /** The path of the export that was asked for last. */
  readonly asked: string | undefined;
  readonly setAsked: (path: string) => void;
}

function Files({ batchId, name, asked, setAsked }: FilesProps) {
  const [busy, setBusy] = useState<ExportFormat>();
  const [failure, setFailure] = useState<string>();
  const isSeen = useRef(true);
  useEffect(() => {
    isSeen.current = true;
    return () => {
      isSeen.current = false;
    };
  }, []);
  const { value: fresh } = useExport(asked);
  const { value: all = [] } = useExports();
  const old = all.filter((each) => each.batch_id === batchId && each.id !== fresh?.id && hasFile(each));
  const ask = (format: ExportFormat) => {
    setBusy(format);
    setFailure(undefined);
    askExport(batchId, format)
      .then((path) => {
        setAsked(path);
        void tellOf(path, name, isSeen);
      })
      .catch((error: unknown) => setFailure(refusal(failureOf(error))))
      .finally(() => setBusy(undefined));
  };
  return (
    <div className="flex flex-col gap-1">
      {FORMATS.map((format) => (
        <Button
          key={format}
          look="quiet"
          className="justify-start!"
          disabled={busy !== undefined}
          onClick={() => ask(format)}
        >
          {words.formats[format]}
        </Button>
      ))}
      {failure && (
        <p role="alert" className="px-2.5 text-control text-bad">
          {failure}
        </p>
      )}
      {(fresh || old.length > 0) && (
        <ul className="mt-1 flex flex-col gap-1 border-line border-t pt-2">
          {[...(fresh ? [fresh] : []), ...old].map((each) => (
            <li key={each.id} className="flex items-center gap-2 px-2.5 text-control text-text2">
              <span className="grow">{stateOf(each)}</span>
              {each.url && (
                <a
                  href={each.url}
                  download
                  className="inline-flex h-control items-center gap-1.5 text-accent-text hover:underline"
                >
                  <Download size={16} aria-hidden />
                  {words.download}
                </a>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Once it is ready, tells so who does not look at it any more. */
async function tellOf(path: string, name: string, isSeen: { readonly current: boolean }): Promise<void> {
  const made = await whenExported(path).catch(() => undefined);
  readExportsAgain();
  if (!made || isSeen.current) return;
  const format = made.format.toUpperCase();
  const { url } = made;
  if (!url) toast({ text: words.exportFailed(format, made.error?.message ?? ""), isError: true });
  else
    toast({
      text: words.exportDone(format, name),
      action: { label: words.download, run: () => window.location.assign(url) }, // a file: the page stays
    });
}

const hasFile = ({ url, expires_at }: Export) =>
  Boolean(url && expires_at && expires_at.seconds * 1000 > Date.now());

function stateOf({ status, format, progress, size_bytes, expires_at, error }: Export): string {
  const name = format.toUpperCase();
  if (status === "failed") return words.exportFailed(name, error?.message ?? "");
  if (status !== "completed") return words.exportMaking(name, Math.round(progress * 100));
  const left = expires_at ? Date.parse(isoOf(expires_at)) - Date.now() : 0;
  return words.exportReady(name, sizeOf(size_bytes ?? 0), Math.floor(left / DAY_MS));
}

function sizeOf(bytes: number): string {
  const [of, unit] = bytes < 1e6 ? [1e3, "kB"] : [1e6, "MB"];
  return `${(bytes / of).toLocaleString("en", { maximumFractionDigits: 1 })} ${unit}`;
}
