// Whether each suspicion survives what happens to files on their way: one dot a step, on the ground of the three bands.
import { Section } from "../../../components/parts";
import { useWords } from "../../../i18n";
import type { AnalysisView, Person, Stability, Threshold } from "../../../ipc/bindings";
import { bandOf, heightScale } from "../../../lib/bands";
import { otherSteps } from "../../../lib/explain";
import { list, score as scoreText } from "../../../lib/format";
import { personClass } from "../Stage";

export function Ladders({ view, names }: { view: AnalysisView; names: Map<string, string> }) {
  const { t } = useWords();
  const climbed = view.people.flatMap((person) => (person.stability ? [{ person, ladder: person.stability }] : []));
  if (climbed.length === 0) return null;
  return (
    <Section title={t("ladder.title")}>
      {climbed.map(({ person, ladder }) => {
        const threshold = view.thresholds.find((limit) => limit.model === ladder.model);
        return threshold && <Ladder key={person.track} person={person} ladder={ladder} threshold={threshold} name={names.get(ladder.model) ?? ladder.model} />;
      })}
    </Section>
  );
}

function Ladder({ person, ladder, threshold, name }: { person: Person; ladder: Stability; threshold: Threshold; name: string }) {
  const { t, lang } = useWords();
  const height = heightScale(threshold);
  const rung = (r: Stability["rungs"][number]): string => t(`ladder.rung.${r.rung}`);
  const steps = ladder.rungs.map((r) => t("ladder.step", { rung: rung(r), band: t(`short.${bandOf(r.score, threshold)}`), score: scoreText(r.score, lang) }));
  const other = otherSteps(ladder);
  const last = ladder.rungs.at(-1);
  const answer = other.length === 0
    ? t("ladder.same", { count: ladder.rungs.length, last: last ? rung(last) : "" })
    : t(ladder.holds ? "ladder.holds" : "ladder.falls", { steps: list(other.filter((r) => ladder.holds || r.code === "noIndication").map(rung), lang) });
  return (
    <div className="ladder">
      <h3>{t("ladder.of", { person: t("people.one", { n: person.track + 1 }), model: name })}</h3>
      <div className="ladder__plot" role="img" aria-label={steps.join(t("statement.separator"))}>
        {ladder.rungs.map((r, i) => (
          <span key={r.rung} className="ladder__step" title={steps[i]}>
            <span className="ladder__bands"><b className={personClass(person.track)} style={{ bottom: `${height(r.score) * 100}%` }} /></span>
            <span className="ladder__rung">{rung(r)}</span>
          </span>
        ))}
      </div>
      <p className="like">{answer} {t("ladder.spread", { spread: scoreText(ladder.spread, lang) })}</p>
    </div>
  );
}
