/** How a control at the foot of the rail looks. */
export const RAIL_ROW =
  "flex h-control w-full items-center gap-3 rounded-control px-2.5 text-left text-control text-text2 transition-colors duration-120 hover:bg-hover hover:text-text";
