/** Signs out. What listens is closed before the right to it goes. */
export async function signOut(): Promise<void> {
  const actions = await import("@/features/session/actions");
  await actions.signOut();
}
