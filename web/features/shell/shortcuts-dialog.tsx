"use client";
import { Dialog } from "@/parts/dialog";
import { keysAsShown, SHORTCUTS } from "@/parts/keys";
import { keyPlaces, shell, keys as words } from "@/words/en";

/** The keyboard map, from the table that the keys are looked up in. */
export default function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const places = [...new Set(SHORTCUTS.map(({ where }) => where))];
  return (
    <Dialog open onOpenChange={onClose} title={shell.shortcuts} className="tablet:w-[min(92vw,760px)]">
      <div className="gap-8 tablet:columns-2">
        {places.map((place) => (
          <section key={place} className="mb-5 break-inside-avoid">
            <h3 className="mb-1 text-meta text-text3">{keyPlaces[place]}</h3>
            <dl>
              {SHORTCUTS.filter(({ where }) => where === place).map(({ id, keys }) => (
                <div key={id} className="flex items-center gap-3 py-1">
                  <dt className="mr-auto text-control">{words[id]}</dt>
                  <dd className="flex flex-wrap justify-end gap-1">
                    {keysAsShown(keys)
                      .split(" ")
                      .map((key) => (
                        <kbd
                          key={key}
                          className="rounded-picture border border-line bg-bg px-1.5 font-sans text-meta text-text2"
                        >
                          {key}
                        </kbd>
                      ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
