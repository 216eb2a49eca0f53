import { useWords } from "../../i18n";
import type { Catalogue } from "../../i18n/catalogue";

type Row = [keys: string[], what: keyof Catalogue["help"]["key"]];

const ROWS: Row[] = [
  [["space"], "play"], [["←", "→"], "frame"], [["⇧ ←", "⇧ →"], "second"], [["N"], "next"], [["H"], "heat"], [["R"], "report"], [["1", "…", "9"], "person"], [["+", "−"], "zoom"], [["0"], "whole"], [["O"], "open"], [["/"], "search"], [["?"], "help"],
];

export function KeyList() {
  const { t } = useWords();
  return (
    <div className="prose">
      <h1>{t("help.keys")}</h1>
      <dl className="keys">
        {ROWS.map(([keys, what]) => (
          <div key={what}>
            <dt>{keys.map((k) => (k === "…" ? " … " : <kbd key={k}>{k === "space" ? t("help.space") : k}</kbd>))}</dt>
            <dd>{t(`help.key.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
