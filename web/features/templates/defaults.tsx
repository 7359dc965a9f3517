import { type Catalog, isSized, modelsOf } from "@/live/catalog";
import { Choice, type Option } from "@/parts/choice";
import { editorWords } from "@/words/batches";
import { templateWords as words } from "@/words/shelf";

type Values = Readonly<Record<string, unknown>>;

interface Props {
  readonly catalog: Catalog;
  readonly defaults: Values;
  readonly onChange: (defaults: Values) => void;
}

const NUMBERS = ["count", "durationSeconds"];

/** What the template fills in where a request says nothing. */
export function Defaults({ catalog, defaults, onChange }: Props) {
  const kind = defaults.kind === "video" ? "video" : "image";
  const named = catalog.models.find(({ id }) => id === (defaults.model ?? catalog.defaults[kind]));
  const model = named && isSized(named) ? named : undefined;
  const set = (name: string) => (value: string) => {
    const { [name]: _, ...others } = defaults;
    onChange(value ? { ...others, [name]: NUMBERS.includes(name) ? Number(value) : value } : others);
  };
  const chip = (name: string, label: string, options: readonly Option[]) => (
    <Choice
      label={label}
      value={String(defaults[name] ?? "")}
      options={[{ value: "", label: `${label}: ${editorWords.none}` }, ...options]}
      onChange={set(name)}
    />
  );
  const numbers = (all: readonly number[], says: (n: string) => string) =>
    all.map((n) => ({ value: String(n), label: says(String(n)) }));
  return (
    <fieldset>
      <legend className="mb-1 text-control font-medium">{words.defaults}</legend>
      <div className="flex flex-wrap gap-2">
        <Choice
          label={editorWords.kind}
          value={kind}
          options={(["image", "video"] as const).map((each) => ({
            value: each,
            label: editorWords.kinds[each],
          }))}
          // What one kind has, the other may not.
          onChange={(to) =>
            onChange({
              ...(to === "video" && { kind: to }),
              ...(defaults.styleId ? { styleId: defaults.styleId } : {}),
            })
          }
        />
        {chip(
          "model",
          editorWords.model,
          modelsOf(catalog, kind).map(({ id, title }) => ({ value: id, label: title })),
        )}
        {chip(
          "aspectRatio",
          editorWords.ratio,
          Object.keys(model?.aspectRatios ?? {}).map((ratio) => ({ value: ratio, label: ratio })),
        )}
        {kind === "image"
          ? chip(
              "count",
              editorWords.count,
              numbers(
                Array.from({ length: model?.countMax ?? 1 }, (_, n) => n + 1),
                editorWords.countOf,
              ),
            )
          : chip(
              "durationSeconds",
              editorWords.seconds,
              numbers(model?.video?.durationsSeconds ?? [], editorWords.secondsOf),
            )}
        {chip(
          "styleId",
          editorWords.style,
          catalog.styles.map(({ id, title }) => ({ value: id, label: title })),
        )}
      </div>
    </fieldset>
  );
}
