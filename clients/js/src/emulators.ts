/** Where the emulators are; what is left out is as `make serve` has it. */
export interface Emulators {
  readonly host?: string;
  readonly auth?: number;
  readonly functions?: number;
  readonly firestore?: number;
  readonly storage?: number;
}
