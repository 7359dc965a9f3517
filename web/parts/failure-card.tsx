import { CloudOff, Lock, TriangleAlert } from "lucide-react";
import { app, refusal } from "@/words/en";
import { Button } from "./button";
import { Empty } from "./empty";

interface Props {
  readonly failure: { readonly reason: string; readonly message: string };
  readonly onAgain?: () => void;
}

const LOCKED = ["not-found", "permission-denied", "not-a-member", "unauthorized"];
const LOST = ["network", "unavailable"];

/** In the content's place, where it could not be loaded. */
export function FailureCard({ failure, onAgain }: Props) {
  const { reason } = failure;
  const Icon = LOCKED.includes(reason) ? Lock : LOST.includes(reason) ? CloudOff : TriangleAlert;
  return (
    <Empty
      icon={<Icon size={20} aria-hidden className="text-text3" />}
      action={onAgain && !LOCKED.includes(reason) && <Button onClick={onAgain}>{app.tryAgain}</Button>}
    >
      {refusal(failure)} <span className="mt-1 block text-meta text-text3">{reason}</span>
    </Empty>
  );
}
