/** What packs and templates are to the screen that both share. */
import type { ComponentType } from "react";
import type { Visibility } from "@/live/packs";
import type { Versioned } from "@/live/versioned";
import type { Autosave } from "@/parts/autosave";

/** What every one of them has. */
export interface Document {
  readonly name: string;
  readonly user_id: string;
  readonly visibility: Visibility;
  readonly version: number;
}

/** What the form of every one of them has. */
export interface Form {
  readonly name: string;
  readonly visibility: Visibility;
  /** The team that it is shared with. */
  readonly teamId: string | undefined;
}

export interface Kind<T extends Document, F extends Form, Fields> {
  readonly address: string;
  readonly words: Record<"title" | "fresh" | "empty" | "choose", string>;
  readonly documents: Versioned<T, Fields>;
  readonly empty: F;
  readonly formOf: (document: T) => F;
  readonly fieldsOf: (form: F) => Fields;
  /** What is missing before it can be saved; undefined: nothing. */
  readonly lackOf: (form: F) => string | undefined;
  /** The form of a copy of somebody else's, for the user to own. */
  readonly copyOf: (id: string, form: F) => Promise<F>;
  /** What is edited of it besides its name and who may use it. */
  readonly Editor: ComponentType<EditorProps<F>>;
  /** Where one that is there can be used. */
  readonly Uses: ComponentType<{ readonly id: string }>;
  /** What those see who may only use it. */
  readonly Shown: ComponentType<{ readonly form: F }>;
}

export interface EditorProps<F> {
  readonly form: F;
  readonly set: Autosave<F>["set"];
}
