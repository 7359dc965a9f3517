export { useSession, useUid } from "@/live/session";
export { Gate, SignInDialog } from "./gate";
export { Landing } from "./landing";
export { SignInCard } from "./sign-in-card";
