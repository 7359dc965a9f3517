export type { Reason, Refusal, WrongField } from "@mediaforge/client";
