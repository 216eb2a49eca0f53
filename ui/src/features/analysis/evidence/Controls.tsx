// What the methods said of known samples before they were let near this file.
import { Disclosure } from "../../../components/parts";
import { useWords } from "../../../i18n";
import type { Control } from "../../../ipc/bindings";
import { number } from "../../../lib/format";

export function Controls({ controls, names }: { controls: Control[]; names: Map<string, string> }) {
  const { t, lang } = useWords();
  if (controls.length === 0) return null;
  const passed = controls.every((c) => Math.abs(c.obtained - c.expected) <= c.tolerance);
  const models = [...new Set(controls.map((c) => c.model))];
  return (
    <>
      <p className="like">{passed ? t("controls.passed", { count: controls.length }) : t("controls.failed")}</p>
      <Disclosure title={t("controls.title")}>
        {models.map((model) => (
          <table key={model} className="controls">
            <caption>{t("statement.about", { headline: names.get(model) ?? model, people: t("controls.caption") })}</caption>
            <thead><tr><th scope="col">{t("controls.sample")}</th><th scope="col">{t("controls.known")}</th><th scope="col">{t("controls.expected")}</th><th scope="col">{t("controls.obtained")}</th></tr></thead>
            <tbody>
              {controls.filter((c) => c.model === model).map((c) => (
                <tr key={c.sample}><th scope="row">{c.sample}</th><td>{t(c.generated ? "controls.generated" : "controls.real")}</td><td className="mono">{number(c.expected, lang, 3)}</td><td className="mono">{number(c.obtained, lang, 3)}</td></tr>
              ))}
            </tbody>
          </table>
        ))}
      </Disclosure>
    </>
  );
}
