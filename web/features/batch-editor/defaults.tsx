import { modelsOf } from "@/live/catalog";
import { usePacks } from "@/live/packs";
import { choosePayer, useTeams } from "@/live/payer";
import { Choice, type Option } from "@/parts/choice";
import { editorWords as words } from "@/words/batches";
import { DEFAULTS_ROW, kindIn, rulesOf } from "./checks";
import type { Draft } from "./draft";
import type { Editor } from "./use-editor";

interface Props {
  readonly draft: Draft;
  readonly editor: Editor;
  readonly change: (how: (draft: Draft) => Draft) => void;
}

/** What all rows have that do not say it themselves; who pays, and how urgent it is. */
export function Defaults({ draft, editor, change }: Props) {
  const { catalog, tier, payer, faults } = editor;
  const { value: packs = [] } = usePacks();
  const { value: teams = [] } = useTeams();
  if (!catalog) return <div className="h-control" />;
  const kind = kindIn(draft);
  const { model } = rulesOf(draft, catalog, tier);
  const set = (field: string) => (value: string) =>
    change((before) => ({ ...before, defaults: { ...before.defaults, [field]: value } }));
  const chip = (field: string, label: string, options: readonly Option[]) => (
    <Choice
      label={label}
      value={draft.defaults[field] ?? ""}
      options={options}
      onChange={set(field)}
      error={faults.find(({ row, column }) => row === DEFAULTS_ROW && column === field)?.message}
    />
  );
  const usual = (value: string | undefined, rest: readonly Option[]): Option[] => [
    { value: "", label: value ?? words.none },
    ...rest,
  ];
  return (
    <fieldset aria-label={words.defaults} className="flex flex-wrap items-center gap-2">
      <Choice
        label={words.kind}
        value={kind}
        options={[
          { value: "image", label: words.kinds.image },
          { value: "video", label: words.kinds.video },
        ]}
        // What one kind has, the other may not: only what both take stays.
        onChange={(value) =>
          change((before) => {
            const { styleId, referencePackId } = before.defaults;
            const kept = { ...(styleId && { styleId }), ...(referencePackId && { referencePackId }) };
            return { ...before, defaults: { ...kept, kind: value } };
          })
        }
      />
      {chip("model", words.model, [
        {
          value: "",
          label: words.usual(catalog.models.find(({ id }) => id === catalog.defaults[kind])?.title ?? ""),
        },
        ...modelsOf(catalog, kind).map(({ id, title, priceCredits }) => ({
          value: id,
          label: title,
          hint: words.price(priceCredits),
          unavailable: tier && !tier.models.includes(id) ? words.notInTier(tier.title) : undefined,
        })),
      ])}
      {chip(
        "aspectRatio",
        words.ratio,
        usual(
          words.usual(model?.defaultAspectRatio ?? ""),
          Object.keys(model?.aspectRatios ?? {}).map((ratio) => ({ value: ratio, label: ratio })),
        ),
      )}
      {kind === "image" &&
        chip(
          "count",
          words.count,
          usual(
            words.countOf("1"),
            Array.from({ length: (model?.countMax ?? 1) - 1 }, (_, n) => ({
              value: String(n + 2),
              label: words.countOf(String(n + 2)),
            })),
          ),
        )}
      {kind === "video" &&
        chip(
          "durationSeconds",
          words.seconds,
          usual(
            words.usual(words.secondsOf(String(model?.video?.durationsSeconds[0] ?? ""))),
            (model?.video?.durationsSeconds ?? []).map((s) => ({
              value: String(s),
              label: words.secondsOf(String(s)),
            })),
          ),
        )}
      {chip(
        "styleId",
        words.style,
        usual(
          `${words.style}: ${words.none}`,
          catalog.styles.map(({ id, title }) => ({ value: id, label: title })),
        ),
      )}
      {packs.length > 0 &&
        chip(
          "referencePackId",
          words.pack,
          usual(
            `${words.pack}: ${words.none}`,
            packs.map(({ id, name, references }) => ({
              value: id,
              label: name,
              hint: `${references.length}`,
            })),
          ),
        )}
      <span className="grow" />
      <Choice
        label={words.pays}
        value={payer?.teamId ?? ""}
        options={[
          { value: "", label: `${words.pays}: ${words.personal}` },
          ...teams.map(({ id, name }) => ({ value: id, label: `${words.pays}: ${name}` })),
        ]}
        onChange={(teamId) => choosePayer(teamId || undefined)}
      />
      <Choice
        label={words.priority}
        value={draft.priority}
        options={(["low", "normal", "high"] as const).map((priority) => ({
          value: priority,
          label: `${words.priority}: ${words.priorities[priority]}`,
          unavailable: tier && !tier.priorities.includes(priority) ? words.notInTier(tier.title) : undefined,
        }))}
        onChange={(priority) => change((before) => ({ ...before, priority: priority as Draft["priority"] }))}
      />
    </fieldset>
  );
}
