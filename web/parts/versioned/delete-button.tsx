import { useState } from "react";
import { Button } from "@/parts/button";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { shelfWords as words } from "@/words/shelf";

interface Props {
  readonly name: string;
  readonly onDelete: () => void;
}

export function DeleteButton({ name, onDelete }: Props) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="quiet" onClick={() => setAsking(true)}>
        {words.delete}
      </Button>
      <AlertDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.deleteTitle(name)}
        body={words.deleteBody}
        keep={words.keep}
        confirm={words.delete}
        onConfirm={onDelete}
      />
    </>
  );
}
