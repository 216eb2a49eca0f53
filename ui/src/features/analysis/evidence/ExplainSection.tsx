// Where the detectors looked for one person: asked for on demand, kept with the analysis, tested before it is shown.
import { useState } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import { Button, ToggleButton } from "../../../components/Button";
import { Disclosure, ProgressBar, Section } from "../../../components/parts";
import { useWords } from "../../../i18n";
import type { AnalysisView, Explanation, Integrity } from "../../../ipc/bindings";
import { bars, firstExplained, hasMap, heaviest, type Placed, placed } from "../../../lib/explain";
import { number, preciseClock } from "../../../lib/format";
import { fraction } from "../../../lib/job";
import type { Explaining } from "../scan/useExplain";
import type { Heat } from "./useHeat";

type Props = {
  view: AnalysisView; integrity: Integrity | null; names: Map<string, string>; selected: number | null; explaining: Explaining; heat: Heat;
  onSeek: (us: number) => void; onSelect: (track: number) => void;
};

export function ExplainSection(props: Props) {
  const { t } = useWords();
  const { view, explaining } = props;
  if (view.error || !view.people.some((p) => p.score !== null && p.usable_crops > 0)) return null;
  return (
    <Section title={t("explain.title")}>
      {view.explanations.length > 0 ? <Explained {...props} /> : explaining.job ? <Running explaining={explaining} /> : <Ask {...props} />}
    </Section>
  );
}

function Ask({ integrity, explaining }: Props) {
  const { t } = useWords();
  const gone = integrity === "missing" || integrity === "changed" || integrity === "unreadable";
  return (
    <>
      <p className="like">{t("explain.intro")}</p>
      {gone ? <p className="like">{t("explain.needsFile")}</p> : <div className="actions"><Button small onPress={explaining.start}>{t("explain.start")}</Button></div>}
    </>
  );
}

function Running({ explaining: { job, stop } }: { explaining: Explaining }) {
  const { t } = useWords();
  const running = job?.kind === "running" ? job : null;
  const text = t(running ? "explain.running" : "explain.waiting");
  return (
    <div className="verdict__progress" role="status">
      <ProgressBar value={running ? fraction(running.progress) : null} label={text} />
      <div className="verdict__pace"><span>{text}</span><span className="spacer" /><Button small onPress={stop}>{t("explain.cancel")}</Button></div>
    </div>
  );
}

function Explained({ view, names, selected, heat, onSeek, onSelect }: Props) {
  const { t, lang } = useWords();
  const [chosen, setChosen] = useState<number | null>(null);
  const track = selected ?? firstExplained(view)?.track ?? null;
  const own = placed(view.explanations).filter(({ about }) => about.track === track && about.model === heat.model);
  const best = own.reduce<Placed | null>((high, one) => (high && high.about.logit >= one.about.logit ? high : one), null);
  const now = own.find((one) => one.place === chosen) ?? best;
  const person = t("people.one", { n: (track ?? 0) + 1 });
  const show = (one: Placed): void => {
    setChosen(one.place);
    onSelect(one.about.track);
    onSeek(one.about.pts_us);
    if (hasMap(one.about)) heat.setOn(true);
  };
  return (
    <>
      {heat.models.length > 1 && (
        <RadioGroup className="field" value={heat.model} onChange={heat.setModel} aria-label={t("explain.model")}>
          <div className="radios">{heat.models.map((m) => <Radio key={m} value={m} className="radio">{names.get(m) ?? m}</Radio>)}</div>
        </RadioGroup>
      )}
      {!now && <p className="like">{t("explain.notThis", { person })}</p>}
      {now && (
        <div className="explained">
          <h3>{t("explain.of", { person, model: names.get(heat.model) ?? heat.model })}</h3>
          <div className="actions" role="group" aria-label={t("explain.moments")}>
            {own.map((one) => (
              <ToggleButton small key={one.place} isSelected={one.place === now.place} onChange={() => show(one)}>
                {view.file.kind === "image" ? t("explain.still") : t("explain.moment", { time: preciseClock(one.about.pts_us, lang) })}
              </ToggleButton>
            ))}
          </div>
          <p>{faithfulness(now.about)}</p>
          <Regions about={now.about} />
        </div>
      )}
    </>
  );

  function faithfulness(e: Explanation): string {
    const { beaten, random, shown } = e.faithfulness;
    if (!shown) return t("explain.withheld", { beaten, random });
    return e.peak > 0 ? `${t("explain.shown", { beaten, random })} ${t(`explain.${e.method}`)}` : t("explain.empty");
  }
}

/** Bars with words: how much of the score comes from where. */
function Regions({ about }: { about: Explanation }) {
  const { t, lang } = useWords();
  if (!about.regions) return <p className="like">{t("explain.noMesh")}</p>;
  const signed = (v: number): string => (v > 0 ? `+${number(v, lang, 2)}` : number(v, lang, 2).replace("-", "−"));
  const most = heaviest(about);
  return (
    <>
      <p><strong>{most ? t("explain.most", { part: t(`explain.region.${most.region}`), value: signed(most.logit) }) : t("explain.none")}</strong></p>
      <ul className="bars" aria-label={t("explain.bars")}>
        {bars(about).map((b) => (
          <li key={b.region}>
            <span>{t(`explain.region.${b.region}`)}</span>
            <span className="bars__track" aria-hidden="true"><i className={b.share < 0 ? "bars__against" : undefined} style={b.share < 0 ? { right: "50%", width: `${-b.share * 50}%` } : { left: "50%", width: `${b.share * 50}%` }} /></span>
            <span className="mono">{signed(b.logit)}</span>
          </li>
        ))}
      </ul>
      <Disclosure title={t("explain.how")}><p>{t("explain.barsHow")}</p><p>{t("explain.intro")}</p></Disclosure>
    </>
  );
}
