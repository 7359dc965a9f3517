"use client";
import { DetailsDialog } from "@/features/details";
import { Library } from "@/features/library";

export function Screen() {
  return <Library details={(open) => <DetailsDialog {...open} />} />;
}
