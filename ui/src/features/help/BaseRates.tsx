// Why most suspicions can be wrong although the method is good: counted out in clips, not in percentages.
import { useWords } from "../../i18n";

const CLIPS = { all: 1000, manipulated: 50 };
const FOUND = Math.round(CLIPS.manipulated * 0.85);
const EXAMPLES = [{ key: "baseA", wrong: Math.round((CLIPS.all - CLIPS.manipulated) * 0.05) }, { key: "baseB", wrong: Math.round((CLIPS.all - CLIPS.manipulated) * 0.01) }] as const;
const ACROSS = 25;

export function BaseRates() {
  const { t } = useWords();
  return (
    <div className="prose">
      <h1>{t("help.base")}</h1>
      <p>{t("help.baseIntro")}</p>
      {EXAMPLES.map(({ key, wrong }) => (
        <div key={key} className="base">
          <p>{t(`help.${key}`)} <strong>{t("help.baseRead", { all: FOUND + wrong, right: FOUND, wrong })}</strong></p>
          <svg width={ACROSS * 14} height={Math.ceil((FOUND + wrong) / ACROSS) * 14} role="img" aria-label={t("help.baseFigure", { all: FOUND + wrong, right: FOUND, wrong })}>
            {Array.from({ length: FOUND + wrong }, (_, i) => {
              const [x, y] = [(i % ACROSS) * 14 + 6, Math.floor(i / ACROSS) * 14 + 6];
              return i < FOUND ? <path key={i} className="base__right" d={`M${x} ${y - 5.5}l5.5 5.5-5.5 5.5-5.5-5.5z`} /> : <circle key={i} className="base__wrong" cx={x} cy={y} r={4.2} />;
            })}
          </svg>
        </div>
      ))}
      <p className="base__legend">
        <svg width="12" height="12" aria-hidden="true"><path className="base__right" d="M6 .5L11.500 6 6 11.500.5 6z" /></svg>{t("help.legendRight")}
        <svg width="12" height="12" aria-hidden="true"><circle className="base__wrong" cx="6" cy="6" r="4.2" /></svg>{t("help.legendWrong")}
      </p>
      <p>{t("help.baseEnd")}</p>
    </div>
  );
}
