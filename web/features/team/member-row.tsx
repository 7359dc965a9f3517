import type { Role } from "@/live/payer";
import type { ListedMember } from "@/live/team";
import { Button } from "@/parts/button";
import { Choice } from "@/parts/choice";
import { useNow } from "@/parts/clock";
import { teamWords as words } from "@/words/people";
import { LimitField } from "./limit-field";
import { LIMITED, type Limited, limitsOf, usedToday } from "./members";

interface Props {
  readonly member: ListedMember;
  readonly name: string;
  readonly isOwn: boolean;
  /** Whether the user may change others. */
  readonly isManaged: boolean;
  /** Nobody could change the team without this member. */
  readonly isNeeded: boolean;
  readonly onRole: (role: Role) => void;
  readonly onLimit: (of: Limited, limit: number | null) => void;
  readonly onEnd: () => void;
}

const CELL = "px-2 py-1.5 align-middle";

export function MemberRow({ member, name, isOwn, isManaged, isNeeded, onRole, onLimit, onEnd }: Props) {
  const used = usedToday(member, useNow());
  const limits = limitsOf(member.limits);
  return (
    <tr className="h-12 border-line border-t">
      <th scope="row" title={member.uid} className={`${CELL} max-w-56 truncate text-start font-medium`}>
        {name}
      </th>
      <td className={CELL}>
        {isManaged ? (
          <Choice
            label={words.roleOf(name)}
            value={member.role}
            options={(["owner", "editor", "viewer"] as const).map((role) => ({
              value: role,
              label: words.roles[role],
              hint: words.hints[role],
              unavailable: isNeeded && role !== "owner" ? words.lastOwner : undefined,
            }))}
            onChange={(role) => role !== member.role && onRole(role as Role)}
          />
        ) : (
          words.roles[member.role]
        )}
      </td>
      {LIMITED.map((of) => (
        <td key={of} className={`${CELL} tabular-nums`}>
          {isManaged && member.role !== "owner" ? (
            <LimitField
              label={words.limitOf(words.limits[of], name)}
              value={limits[of] ?? null}
              onSave={(limit) => onLimit(of, limit)}
            />
          ) : (
            (limits[of] ?? words.noLimit)
          )}
        </td>
      ))}
      <td className={`${CELL} whitespace-nowrap text-text2 tabular-nums`}>
        <span aria-hidden>{words.usage(used.pieces, used.credits)}</span>
        <span className="sr-only">{words.usageSaid(used.pieces, used.credits)}</span>
      </td>
      <td className={`${CELL} text-end`}>
        {(isOwn || isManaged) && (
          <Button
            look="quiet"
            aria-label={isOwn ? words.leave : words.removeOf(name)}
            unavailable={isNeeded ? words.lastOwner : undefined}
            onClick={onEnd}
          >
            {isOwn ? words.leave : words.remove}
          </Button>
        )}
      </td>
    </tr>
  );
}
