import { type FormEvent, useState } from "react";
import { useAccount } from "@/live/account";
import { tierOf, useCatalog } from "@/live/catalog";
import { usePayer, useRole } from "@/live/payer";
import { AddPictures } from "@/parts/add-pictures";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { useAct, useRequestId } from "@/parts/use-act";
import { brandWords as words } from "@/words/brands";
import { train } from "./actions";
import { askedOf, type BrandForm, isInTier, lackOf, offerOf, PICTURES_MIN, withPictures } from "./form";
import { Pictures } from "./pictures";

interface Props {
  readonly begin: BrandForm;
  readonly onSent: (brandId: string) => void;
}

export function TrainForm({ begin, onSent }: Props) {
  const [form, setForm] = useState(begin);
  const { isBusy, failed, act } = useAct();
  const requestIdOf = useRequestId();
  const payer = usePayer();
  const role = useRole();
  const { value: account } = useAccount();
  const { value: catalog } = useCatalog();
  if (!catalog) return <Skeleton className="h-24" />;

  const offer = offerOf(catalog);
  const tier = tierOf(catalog, account?.tier);
  const locked = !offer
    ? words.noModel
    : tier && !isInTier(tier, offer.model)
      ? words.notInTier
      : role === "viewer"
        ? words.viewer
        : undefined;
  const isShort = offer && account && account.available < offer.credits;
  const lacks =
    locked ?? lackOf(form) ?? (isShort ? words.short(offer.credits, account.available) : undefined);
  const { length: count } = form.paths;

  const send = (event: FormEvent) => {
    event.preventDefault();
    if (lacks) return;
    const requestId = requestIdOf([form, payer?.accountId]);
    void act(async () => onSent(await train(askedOf(form), payer?.teamId, requestId)));
  };
  return (
    <form onSubmit={send} className="flex max-w-2xl flex-col gap-4">
      <h2 className="font-semibold text-section">{words.formTitle}</h2>
      {locked && <Notice>{locked}</Notice>}
      <Field
        label={words.name}
        maxLength={128}
        value={form.name}
        onChange={({ target: { value: name } }) => setForm((before) => ({ ...before, name }))}
      />
      <Pictures
        paths={form.paths}
        onRemove={(path) =>
          setForm((before) => ({ ...before, paths: before.paths.filter((each) => each !== path) }))
        }
      />
      <p className="text-control text-text2">{words.few(count, PICTURES_MIN)}</p>
      {offer && (
        <AddPictures
          count={count}
          max={offer.max}
          full={words.full}
          onAdd={(paths) =>
            setForm((before) => ({ ...before, paths: withPictures(before.paths, paths, offer.max) }))
          }
        />
      )}
      {failed && <Notice tone="bad">{failed}</Notice>}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" unavailable={lacks} disabled={isBusy}>
          {isBusy ? words.sending : offer ? words.trainFor(offer.credits) : words.train}
        </Button>
        {lacks && !locked && <span className="text-meta text-text2">{lacks}</span>}
      </div>
    </form>
  );
}
