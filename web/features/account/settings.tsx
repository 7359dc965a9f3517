import { changeSettings, chooseTheme, type Theme, useSettings, useTheme } from "@/kept/settings";
import { settingWords as words } from "@/words/account";
import { Check } from "./checks";
import { Leave } from "./leave";

const THEMES = Object.keys(words.themes) as Theme[];

export function Settings() {
  const { enterSends, selectAfterSend, singleKeys } = useSettings();
  const theme = useTheme();
  return (
    <div className="flex max-w-lg flex-col gap-6">
      <p className="text-control text-text2">{words.lead}</p>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-2 font-semibold text-section">{words.theme}</legend>
        {THEMES.map((each) => (
          <label key={each} className="flex items-center gap-2 text-control pointer-coarse:min-h-11">
            <input
              type="radio"
              name="theme"
              checked={theme === each}
              onChange={() => chooseTheme(each)}
              className="size-4 shrink-0 accent-accent"
            />
            {words.themes[each]}
          </label>
        ))}
      </fieldset>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-2 font-semibold text-section">{words.keys}</legend>
        <Check
          label={words.enterSends}
          checked={enterSends}
          onChange={(isOn) => changeSettings({ enterSends: isOn })}
        />
        <Check
          label={words.selectAfterSend}
          checked={selectAfterSend}
          onChange={(isOn) => changeSettings({ selectAfterSend: isOn })}
        />
        <Check
          label={words.singleKeys}
          checked={singleKeys}
          onChange={(isOn) => changeSettings({ singleKeys: isOn })}
        />
      </fieldset>
      <Leave />
    </div>
  );
}
