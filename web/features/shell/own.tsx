"use client";
// What only whoever is signed in sees: loaded once somebody is.
import type { User } from "@/live/session";
import { AvatarMenu } from "./avatar-menu";
import { Balance } from "./balance";
import { JobsPill } from "./jobs-pill";
import { PayerMenu } from "./payer-menu";

interface Props {
  readonly user: User;
  /** In the bar of phones. */
  readonly isSmall?: boolean;
}

export default function Own({ user, isSmall = false }: Props) {
  return (
    <>
      {!isSmall && <PayerMenu />}
      <JobsPill isSmall={isSmall} />
      <Balance isSmall={isSmall} />
      <AvatarMenu user={user} isSmall={isSmall} />
    </>
  );
}
