"use client";
import { User, Users, Wallet } from "lucide-react";
import { useRouter } from "next/navigation";
import { choosePayer, usePayer, useTeams } from "@/live/payer";
import { Menu, type MenuItem } from "@/parts/menu";
import { shell as words } from "@/words/en";
import { RAIL_ROW } from "./row";

/** Who pays for what is submitted, and whose work is shown. */
export function PayerMenu() {
  const label = usePayerName();
  return (
    <Menu
      label={words.pays}
      heading={words.pays}
      side="top"
      items={usePayerItems()}
      trigger={
        <button type="button" className={RAIL_ROW} aria-label={`${words.pays}: ${label}`} title={words.pays}>
          <Wallet size={20} strokeWidth={1.75} aria-hidden className="shrink-0" />
          <span className="truncate max-desktop:sr-only">{label}</span>
        </button>
      }
    />
  );
}

export function usePayerName(): string {
  const payer = usePayer();
  const teams = useTeams().value;
  return teams?.find(({ id }) => id === payer?.teamId)?.name ?? words.personal;
}

export function usePayerItems(): MenuItem[] {
  const payer = usePayer();
  const router = useRouter();
  const teams = useTeams().value ?? [];
  return [
    {
      label: words.personal,
      icon: <User size={16} aria-hidden />,
      checked: !payer?.teamId,
      onSelect: () => choosePayer(undefined),
    },
    ...teams.map(({ id, name, role }) => ({
      label: name,
      hint: role,
      icon: <Users size={16} aria-hidden />,
      checked: payer?.teamId === id,
      onSelect: () => choosePayer(id),
    })),
    { label: words.newTeam, separate: true, onSelect: () => router.push("/team") },
  ];
}
