// How far it is, and the counts by verdict, which are the filters too.
import { ToggleButton } from "react-aria-components";
import { useQueue } from "../../app/context";
import { ProgressBar, SearchField } from "../../components/parts";
import { VerdictMark } from "../../components/VerdictMark";
import { useWords } from "../../i18n";
import type { VerdictCode } from "../../ipc/bindings";
import { roughDuration } from "../../lib/format";
import type { Filter } from "../../lib/queue";

const ORDER: VerdictCode[] = ["suspected", "inconclusive", "noIndication", "notExamined"];

export function BatchHead({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  const { t, lang } = useWords();
  const { counts } = useQueue();
  const left = counts.waiting + counts.running + counts.paused;
  const over = counts.total - left;
  const by = new Map(counts.byVerdict.map((v) => [v.code, v.count]));
  const pace = counts.isPaused ? t("batch.paused") : left === 0 ? t("batch.allDone") : counts.secondsLeft === null ? "" : t("batch.left", { time: roughDuration(counts.secondsLeft, lang) });
  const toggled = <V,>(set: ReadonlySet<V>, value: V): Set<V> => {
    const next = new Set(set);
    if (!next.delete(value)) next.add(value);
    return next;
  };
  return (
    <div className="batch__head">
      <h1 className="visually-hidden">{t("nav.batch")}</h1>
      <div className="batch__progress">
        <div className="batch__words"><strong>{t("batch.progress", { done: over, total: counts.total })}</strong><span className="mono muted">{pace}</span></div>
        <ProgressBar thick label={t("batch.progress", { done: over, total: counts.total })} value={counts.total ? over / counts.total : 0} />
      </div>
      <div className="batch__filters" role="group" aria-label={t("batch.filters")}>
        {ORDER.filter((code) => by.get(code) || filter.verdicts.has(code)).map((code) => (
          <ToggleButton key={code} className={`chip filter tone--${code}`} isSelected={filter.verdicts.has(code)} onChange={() => onFilter({ ...filter, verdicts: toggled(filter.verdicts, code) })}>
            <VerdictMark code={code} />{t(`tally.${code}`, { count: by.get(code) ?? 0 })}
          </ToggleButton>
        ))}
        {(counts.failed > 0 || filter.states.has("failed")) && (
          <ToggleButton className="chip filter tone--plain" isSelected={filter.states.has("failed")} onChange={() => onFilter({ ...filter, states: toggled(filter.states, "failed") })}>
            {t("tally.failed", { count: counts.failed })}
          </ToggleButton>
        )}
      </div>
      <div className="batch__search"><SearchField label={t("batch.search")} value={filter.text} onChange={(text) => onFilter({ ...filter, text })} /></div>
    </div>
  );
}
