// The answer in words, with its limits beside it.
import { Trans } from "react-i18next";
import { Button } from "../../components/Button";
import { ProgressBar } from "../../components/parts";
import { VerdictMark } from "../../components/VerdictMark";
import { type T, useWords } from "../../i18n";
import { because, itemError, nothingFound, people as peopleWords } from "../../i18n/words";
import type { AnalysisView, Person } from "../../ipc/bindings";
import { thresholdOf } from "../../lib/bands";
import { clock, type Lang, roughDuration } from "../../lib/format";
import { fraction, type JobState } from "../../lib/job";
import type { Subject } from "./subject";

export function VerdictCard({ subject, onStop }: { subject: Subject; onStop: () => void }) {
  const { view, job } = subject;
  if (view) return view.error ? <Failed name={view.name} error={view.error} /> : <Answer view={view} />;
  if (job?.kind === "failed") return <Failed name={subject.name} error={job.error} />;
  return <Progress job={job} onStop={onStop} />;
}

function Answer({ view }: { view: AnalysisView }) {
  const { t, lang } = useWords();
  const { verdict } = view;
  const suspects = view.people.filter((p) => p.verdict.code === "suspected");
  const headline = suspects.length > 0 && view.people.length > 1
    ? t("statement.about", { headline: t("verdict.suspected"), people: peopleWords(t, suspects.map((p) => p.track), lang) })
    : t(`verdict.${verdict.code}`);
  const covered = view.file.media?.covered_us;
  return (
    <div className={`verdict verdict--${verdict.code}`} role="region" aria-label={t("analysis.side")}>
      <h1><VerdictMark code={verdict.code} size={15} />{headline}</h1>
      {suspects.map((p) => <Support key={p.track} person={p} still={view.file.kind === "image"} />)}
      {falseAlarms(t, view, suspects).map((text) => <p key={text}>{text}</p>)}
      {verdict.code !== "suspected" && <p>{explanation(t, view, lang)}</p>}
      {covered && <p>{t("statement.covered", { from: clock(covered[0]), to: clock(covered[1]) })}</p>}
      <p className="verdict__limits">{t("statement.limitsShort")}</p>
    </div>
  );
}

/** How often the methods that raise the suspicion were wrong when it was known. */
function falseAlarms(t: T, view: AnalysisView, suspects: Person[]): string[] {
  const deciding = new Set(suspects.map((p) => thresholdOf(p, view.thresholds)?.model));
  return view.validations.filter((v) => deciding.has(v.model)).map((v) => t("statement.falseAlarms", { model: v.model, count: v.falseAlarms, of: v.nReal }));
}

function explanation(t: T, view: AnalysisView, lang: Lang): string {
  if (view.verdict.code === "noIndication") return nothingFound(t, view.validations, lang);
  const why = because(t, view.verdict);
  return view.verdict.code === "inconclusive" ? `${why} ${t("statement.betterCopy")}` : why;
}

function Support({ person, still }: { person: Person; still: boolean }) {
  const { t } = useWords();
  if (!person.verdict.strength) return null;
  const images = t("statement.images", { count: person.usable_crops });
  const place = still ? images : t("statement.rangePlace", { from: clock(person.first_us), to: clock(person.last_us), images });
  return (
    <p>
      <Trans i18nKey="statement.support" values={{ n: person.track + 1, place, strength: t(`strength.${person.verdict.strength}`) }} components={{ 1: <strong /> }} />
    </p>
  );
}

function Failed({ name, error }: { name: string; error: NonNullable<AnalysisView["error"]> }) {
  const { t } = useWords();
  return (
    <div className="verdict verdict--notExamined" role="region" aria-label={t("analysis.side")}>
      <h1><VerdictMark code="notExamined" size={15} />{t("statement.failed")}</h1>
      <p>{t("statement.about", { headline: name, people: itemError(t, error) })}</p>
      {error.message && <p className="verdict__limits">{error.message}</p>}
    </div>
  );
}

function Progress({ job, onStop }: { job: JobState | null; onStop: () => void }) {
  const { t, lang } = useWords();
  const over = job?.kind === "cancelled";
  const running = job?.kind === "running" ? job : null;
  const title = over ? t("statement.cancelled") : running ? t("statement.running") : t("statement.waiting");
  const text = over ? t("statement.cancelledText") : running ? t("statement.runningText") : t("statement.waitingText");
  const stage = running?.progress ? t(`stage.${running.progress.stage}`) : t("statement.running");
  return (
    <div className="verdict verdict--notExamined" role="region" aria-label={t("analysis.side")}>
      <h1><VerdictMark code="notExamined" size={15} />{title}</h1>
      <p>{text}</p>
      {running && (
        <div className="verdict__progress">
          <ProgressBar value={fraction(running.progress)} label={stage} />
          <div className="verdict__pace">
            <span>{stage}</span>
            <span className="mono">{running.secondsLeft === null ? "" : t("analysis.left", { time: roughDuration(running.secondsLeft, lang) })}</span>
            <Button small onPress={onStop}>{t("analysis.cancel")}</Button>
          </div>
        </div>
      )}
    </div>
  );
}
