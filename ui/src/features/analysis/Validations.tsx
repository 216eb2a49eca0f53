// What happened when the methods met material whose truth was known: one dot a real sample, the wrongly suspected ones marked.
import { Trans } from "react-i18next";
import { Disclosure, Section } from "../../components/parts";
import { useWords } from "../../i18n";
import type { Validation } from "../../ipc/bindings";
import { dots } from "../../lib/dots";

export function Validations({ validations, names }: { validations: Validation[]; names: Map<string, string> }) {
  const { t } = useWords();
  if (validations.length === 0) return null;
  return (
    <Section title={t("validation.title")}>
      {validations.map((v) => (
        <div key={v.model} className="validation">
          <h3>{names.get(v.model) ?? v.model}</h3>
          <ValidationDots validation={v} level={4} />
        </div>
      ))}
    </Section>
  );
}

const ACROSS = 50;
const CELL = 6.8;

export function ValidationDots({ validation: v, level }: { validation: Validation; level: 3 | 4 }) {
  const { t } = useWords();
  const { marks, each } = dots(v.nReal, v.falseAlarms);
  const rows = Math.ceil(marks.length / ACROSS);
  return (
    <>
      <svg className="dots" viewBox={`0 0 ${ACROSS * CELL - 1.6} ${rows * CELL}`} role="img" aria-label={t("validation.dots", { count: v.nReal, alarms: v.falseAlarms })}>
        {marks.map((marked, i) => <rect key={i} className={marked ? "dots__alarm" : undefined} x={(i % ACROSS) * CELL} y={Math.floor(i / ACROSS) * CELL} width={CELL - 1.6} height={CELL - 1.6} rx={1} />)}
      </svg>
      <p className="like">
        <Trans i18nKey="validation.real" count={v.nReal} values={{ alarms: v.falseAlarms }} components={{ 1: <strong />, 3: <strong /> }} />
        {t("validation.fake", { count: v.nFake, found: v.found })}
        {each > 1 && ` ${t("validation.oneDot", { count: each })}`}
      </p>
      <Disclosure level={level} title={t("validation.details")}><p>{v.measuredOn}</p>{v.unit && <p>{v.unit}</p>}</Disclosure>
    </>
  );
}
