import { changeSettings, type Settings, useSettings } from "@/kept/settings";
import { useIsPhone } from "@/parts/media";
import type { Size } from "./filters";

export type Density = Settings["density"];
export const DENSITIES: readonly Density[] = ["small", "medium", "large"];

const HEIGHTS = { small: 140, medium: 200, large: 280 };
const PHONE_HEIGHTS = { small: 120, medium: 160, large: 220 };

/** The density of the address, else the one that this browser's user has chosen. Pixels. */
export function useDensity(size: Size | undefined) {
  const isPhone = useIsPhone();
  const { density: chosen } = useSettings();
  const density = DENSITIES.find((each) => each[0] === size) ?? chosen;
  return {
    density,
    rowHeight: (isPhone ? PHONE_HEIGHTS : HEIGHTS)[density],
    gap: isPhone ? 2 : 4,
    choose: (next: Density) => changeSettings({ density: next }),
  };
}

export function sizeOf(density: Density): Size {
  return density[0] as Size;
}
