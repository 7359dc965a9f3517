/** One item of a list, open over it, and how to go on from there. */
export interface Opened {
  /** The path of the generation. */
  readonly path: string;
  readonly title: string;
  /** The thumbnail, shown until there is more; empty where there is none. */
  readonly cover: string;
  /** Width by height. */
  readonly ratio: number;
  readonly previous: string | undefined;
  readonly next: string | undefined;
  /** `3 of 60+`. */
  readonly place: string;
  readonly go: (path: string) => void;
  readonly close: () => void;
  readonly remove: (path: string) => void;
}
