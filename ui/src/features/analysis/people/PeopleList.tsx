// One card a person: who, when, how much of it could be used, and why not more.
import { useBackend } from "../../../app/context";
import { Disclosure, Section } from "../../../components/parts";
import { VerdictChip } from "../../../components/VerdictChip";
import { useWords } from "../../../i18n";
import { brief } from "../../../i18n/words";
import { bandOf, heightScale, thresholdOf } from "../../../lib/bands";
import { clock, list, score as scoreText, sentence } from "../../../lib/format";
import { personClass } from "../Stage";
import type { Seen, Subject } from "../subject";

type Props = { subject: Subject; people: Seen[]; selected: number | null; onSelect: (track: number | null) => void };

export function PeopleList({ subject, people, selected, onSelect }: Props) {
  const { t } = useWords();
  const over = subject.view !== null;
  return (
    <Section title={t("people.title")}>
      {people.length === 0 && <p className="muted">{over ? t("people.none") : t("people.wait")}</p>}
      <ul className="people">
        {people.map((p) => <PersonCard key={p.track} seen={p} subject={subject} selected={p.track === selected} onSelect={() => onSelect(p.track === selected ? null : p.track)} />)}
      </ul>
      {people.length > 0 && <Disclosure title={t("people.scaleLabel")}><p>{t("people.scale")}</p></Disclosure>}
    </Section>
  );
}

function PersonCard({ seen, subject, selected, onSelect }: { seen: Seen; subject: Subject; selected: boolean; onSelect: () => void }) {
  const { t, lang } = useWords();
  const backend = useBackend();
  const { person, track } = seen;
  const verdict = person?.verdict ?? null;
  const when = subject.still ? null : `${clock(seen.firstUs)} – ${clock(seen.lastUs)}`;
  const ranges = person?.segments.slice(0, 4).map((s) => t("statement.rangeOf", { from: clock(s.start_us), to: clock(s.end_us) })) ?? [];
  const why = verdict && verdict.code !== "suspected" && verdict.code !== "noIndication" ? brief(t, verdict.reasons) : "";
  return (
    <li>
      <button type="button" className="person" aria-pressed={selected} onClick={onSelect}>
        <span className={`person__face ${personClass(track)}`}>
          {subject.view ? <img src={backend.frameUrl(`${subject.pictures}/face/${track}`)} alt="" draggable={false} /> : <b aria-hidden="true">{track + 1}</b>}
        </span>
        <span className="person__name"><b>{t("people.one", { n: track + 1 })}</b>{verdict ? <VerdictChip code={verdict.code} /> : <span className="chip tone--plain">{t("people.examining")}</span>}</span>
        <span className="person__text">
          <small>{[when, t("people.usable", { usable: seen.usable, count: seen.crops })].filter(Boolean).join(" · ")}</small>
          {why && <small>{sentence(why)}</small>}
          {subject.view?.decidedOnSome.includes(track) && <small>{t("people.looked")}</small>}
          {ranges.length > 0 && !subject.still && <small>{t("people.standsOut", { ranges: list(ranges, lang) })}</small>}
        </span>
        {person && person.score !== null && <Position score={person.score} seen={seen} subject={subject} />}
      </button>
    </li>
  );
}

/** Where the score lies in the three bands; the number is for those who compare files. */
function Position({ score, seen, subject }: { score: number; seen: Seen; subject: Subject }) {
  const { t, lang } = useWords();
  const threshold = thresholdOf(seen.person, subject.thresholds);
  if (!threshold) return null;
  const text = scoreText(score, lang);
  return (
    <span className="position" title={t("people.position", { score: text, band: t(`short.${bandOf(score, threshold)}`) })}>
      <span className="position__bands"><i /><i /><i /><b className={personClass(seen.track)} style={{ left: `${heightScale(threshold)(score) * 100}%` }} /></span>
      <span className="mono">{t("people.score", { score: text })}</span>
    </span>
  );
}
