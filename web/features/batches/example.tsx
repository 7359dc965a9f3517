import type { ReactNode } from "react";
import { listWords as words } from "@/words/batches";

/** Where there is no batch yet: how one begins. */
export function Example({ action }: { readonly action: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-4 py-12 text-center">
      <table aria-hidden className="w-full max-w-md rounded-panel border border-line text-control text-text3">
        <tbody>
          {words.example.map(({ prompt, ratio }, at) => (
            <tr key={prompt} className="h-8">
              <td className="w-10 border-line border-b px-2 text-end tabular-nums">{at + 1}</td>
              <td className="border-line border-b px-2 text-start">{prompt}</td>
              <td className="w-20 border-line border-b px-2 text-start">{ratio}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="text-body text-text2">{words.empty}</p>
      {action}
    </div>
  );
}
