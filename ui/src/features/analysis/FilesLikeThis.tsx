// What each method did on files of known origin that resemble this one: in the size of its faces, in sharpness, in compression.
import { Section } from "../../components/parts";
import { useWords } from "../../i18n";
import type { Alike, AnalysisView } from "../../ipc/bindings";
import { list, number } from "../../lib/format";

const DECIMALS = 2;

export function FilesLikeThis({ view, names }: { view: AnalysisView; names: Map<string, string> }) {
  const { t, lang } = useWords();
  const methods = view.models.filter((m) => m.task === "faceManipulation" || m.task === "faceSynthesis").map((m) => m.id);
  if (view.people.length === 0 || methods.length === 0) return null;
  const silent = methods.filter((id) => !view.alike.some((a) => a.model === id));
  return (
    <Section title={t("like.title")}>
      {methods.filter((id) => !silent.includes(id)).map((id) => (
        <div key={id} className="validation">
          <h3>{names.get(id) ?? id}</h3>
          <ul className="kinds">
            {view.alike.filter((a) => a.model === id).map((a) => <li key={`${a.dimension} ${a.from ?? ""}`}>{who(a)}{text(a)}</li>)}
          </ul>
        </div>
      ))}
      {silent.length > 0 && <p className="like muted">{t("like.none", { models: list(silent.map((id) => names.get(id) ?? id), lang) })}</p>}
    </Section>
  );

  /** Nobody needs to be named where all are meant. */
  function who(a: Alike): string {
    if (a.tracks.length === view.people.length) return "";
    return t("like.people", { count: a.tracks.length, list: list(a.tracks.map((track) => String(track + 1)), lang) });
  }

  function text(a: Alike): string {
    const like = t(`like.${a.dimension}`, { ends: ends(a) });
    return t("like.real", { count: a.nReal, alarms: a.falseAlarms, like }) + t("like.fake", { count: a.nFake, found: a.found });
  }

  function ends({ dimension, from, to }: Alike): string {
    const value = (v: number): string => number(v, lang, dimension === "faceSize" ? 0 : DECIMALS);
    if (from === null) return to === null ? t("like.any") : t("like.below", { to: value(to) });
    return to === null ? t("like.from", { from: value(from) }) : t("like.between", { from: value(from), to: value(to) });
  }
}
