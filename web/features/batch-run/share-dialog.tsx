import { Dialog } from "@/parts/dialog";
import { InviteForm } from "@/parts/invite-form";
import { runWords as words } from "@/words/batches";
import { invite } from "./actions";
import { Readers } from "./readers";
import { useReaders } from "./use-readers";

interface Props {
  readonly batchId: string;
  readonly onClose: () => void;
}

const ROLES = (["commenter", "viewer"] as const).map((role) => ({ role, label: words[role] }));

/** Links for people who are not known, and who reads the batch by now. */
export default function ShareDialog({ batchId, onClose }: Props) {
  const { read, ...found } = useReaders(batchId);
  return (
    <Dialog open onOpenChange={onClose} title={words.shareTitle}>
      <div className="flex flex-col gap-4">
        <InviteForm
          lead={words.shareLead}
          legend={words.shareAs}
          roles={ROLES}
          make={async (role) => {
            const code = await invite(batchId, role);
            void read();
            return `${location.origin}/batch?id=${batchId}#${code}`;
          }}
        />
        <Readers batchId={batchId} {...found} />
      </div>
    </Dialog>
  );
}
