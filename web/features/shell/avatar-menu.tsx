"use client";
import { CircleUser, Keyboard, LogOut, Moon, Sun, SunMoon, Users, Wrench } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { chooseTheme, type Theme, useTheme } from "@/kept/settings";
import { unsent } from "@/kept/unsent";
import { useIsAdmin } from "@/live/claims";
import type { User } from "@/live/session";
import { setLayer } from "@/parts/layers";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { Menu, type MenuItem } from "@/parts/menu";
import { app, places, shell as words } from "@/words/en";
import { RAIL_ROW } from "./row";

const THEMES: readonly [Theme, typeof Sun][] = [
  ["system", SunMoon],
  ["light", Sun],
  ["dark", Moon],
];

interface Props {
  readonly user: User;
  readonly isSmall?: boolean;
}

export function AvatarMenu({ user, isSmall = false }: Props) {
  const [isAsking, setAsking] = useState(false);
  const items = useOwnItems(() => (numberOfUnsent() > 0 ? setAsking(true) : void leave()));
  return (
    <>
      <Menu
        label={words.account(user.name)}
        heading={user.name}
        side={isSmall ? "bottom" : "top"}
        items={items}
        trigger={
          <button
            type="button"
            className={isSmall ? "flex size-11 items-center justify-center" : RAIL_ROW}
            aria-label={words.account(user.name)}
          >
            <span
              aria-hidden
              className="flex size-5 shrink-0 items-center justify-center rounded-full bg-hover font-semibold text-[0.625rem] text-text"
            >
              {user.name.slice(0, 2).toUpperCase()}
            </span>
            {!isSmall && <span className="truncate max-desktop:sr-only">{user.name}</span>}
          </button>
        }
      />
      <AlertDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.unsent(numberOfUnsent())}
        body={words.unsentBody}
        keep={app.cancel}
        confirm={words.signOut}
        isHarmless
        onConfirm={() => void leave()}
      />
    </>
  );
}

function numberOfUnsent(): number {
  return unsent().filter(({ path, refused }) => !path && !refused).length;
}

async function leave(): Promise<void> {
  const { signOut } = await import("@/live/sign-out");
  await signOut();
}

function useOwnItems(onSignOut: () => void): MenuItem[] {
  const router = useRouter();
  const theme = useTheme();
  const isAdmin = useIsAdmin();
  const operate: MenuItem = {
    label: places.operate,
    icon: <Wrench size={16} aria-hidden />,
    onSelect: () => router.push("/operate"),
  };
  return [
    {
      label: places.account,
      icon: <CircleUser size={16} aria-hidden />,
      onSelect: () => router.push("/account"),
    },
    { label: places.team, icon: <Users size={16} aria-hidden />, onSelect: () => router.push("/team") },
    ...(isAdmin ? [operate] : []),
    ...THEMES.map(([value, Icon], at) => ({
      label: words.themes[value],
      icon: <Icon size={16} aria-hidden />,
      checked: theme === value,
      separate: at === 0,
      onSelect: () => chooseTheme(value),
    })),
    {
      label: words.shortcuts,
      icon: <Keyboard size={16} aria-hidden />,
      hint: "?",
      separate: true,
      onSelect: () => setLayer("shortcuts", true),
    },
    { label: words.signOut, icon: <LogOut size={16} aria-hidden />, onSelect: onSignOut, separate: true },
  ];
}
