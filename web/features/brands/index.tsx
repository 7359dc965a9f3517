"use client";
import { Suspense } from "react";
import { readBrandAgain, readBrandsAgain, useBrand, useBrands } from "@/live/brands";
import { useUid } from "@/live/session";
import type { Stored } from "@/parts/autosave";
import { FailureCard } from "@/parts/failure-card";
import { NEW, Shelf } from "@/parts/shelf";
import { Skeleton } from "@/parts/skeleton";
import { useShelf } from "@/parts/use-shelf";
import { brandWords as words } from "@/words/brands";
import { type BrandForm, EMPTY, formOf } from "./form";
import { statusOf } from "./steps";
import { TrainForm } from "./train-form";
import { Training } from "./training";

export function Brands() {
  return (
    <Suspense>
      <Screen />
    </Suspense>
  );
}

const fresh = (value: BrandForm): Stored<BrandForm> => ({ value, id: undefined, version: 0 });

function Screen() {
  const uid = useUid();
  const { value: all, error } = useBrands();
  const { open, go, start, begun } = useShelf<BrandForm>("/brands");
  const isNew = open === NEW;
  const { value: brand, error: lost } = useBrand(isNew ? undefined : open);
  // What is listened to is newer than the list.
  const items = all?.map((each) => {
    const now = each.id === brand?.id ? brand : each;
    return { id: each.id, name: now.name, whose: statusOf(now) };
  });
  return (
    <Shelf
      {...words}
      items={items}
      failure={error}
      open={open}
      onOpen={(id) => (id === NEW ? start(fresh(EMPTY)) : go(id))}
      onAgain={readBrandsAgain}
    >
      {isNew ? (
        <TrainForm key={begun?.key} begin={begun?.stored.value ?? EMPTY} onSent={go} />
      ) : brand ? (
        <Training
          key={brand.id}
          brand={brand}
          isOwn={brand.user_id === uid}
          onAgain={go}
          onChange={() => start(fresh(formOf(brand)))}
        />
      ) : lost ? (
        <FailureCard failure={lost} onAgain={() => open && readBrandAgain(open)} />
      ) : (
        <Skeleton className="h-7 w-64" />
      )}
    </Shelf>
  );
}
