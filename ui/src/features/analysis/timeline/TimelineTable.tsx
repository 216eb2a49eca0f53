// The timeline's twin for those who read rather than look: every person's stretches in words.
import { memo, useMemo } from "react";
import { type T, useWords } from "../../../i18n";
import { brief } from "../../../i18n/words";
import { thresholdOf } from "../../../lib/bands";
import { preciseClock, sentence } from "../../../lib/format";
import type { Lanes } from "../../../lib/lanes";
import { type Stretch, stretches } from "../../../lib/stretches";
import type { Seen, Subject } from "../subject";

type Props = { subject: Subject; lanes: { lanes: Lanes }; people: Seen[]; hidden: boolean; onSeek: (us: number) => void };

const MOST_ROWS = 300;

export const TimelineTable = memo(function TimelineTable({ subject, lanes, people, hidden, onSeek }: Props) {
  const { t, lang } = useWords();
  const rows = useMemo(() => people.flatMap((p) => {
    const lane = lanes.lanes.byTrack.get(p.track);
    const covered = subject.view ? subject.whole.to : lanes.lanes.coveredUs;
    return lane ? stretches(lane, thresholdOf(p.person, subject.thresholds), covered, lanes.lanes.longestStepUs) : [];
  }), [lanes, people, subject]);
  const more = rows.length - MOST_ROWS;
  return (
    <div className={hidden ? "visually-hidden" : "twin scroll"} {...(hidden ? {} : { tabIndex: 0, role: "region", "aria-label": t("timeline.table") })}>
      <table>
        <caption className="visually-hidden">{t("timeline.caption")}</caption>
        <thead><tr><th scope="col">{t("timeline.person")}</th><th scope="col">{t("timeline.from")}</th><th scope="col">{t("timeline.to")}</th><th scope="col">{t("timeline.what")}</th></tr></thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((s, i) => (
            <tr key={i}>
              <th scope="row">{s.track + 1}</th>
              <td className="mono">{hidden ? preciseClock(s.from, lang) : <button type="button" className="link" onClick={() => onSeek(s.from)}>{preciseClock(s.from, lang)}</button>}</td>
              <td className="mono">{preciseClock(s.to, lang)}</td>
              <td>{wordsOf(t, s)}</td>
            </tr>
          ))}
          {more > 0 && <tr><td colSpan={4} className="muted">{t("timeline.moreRows", { count: more })}</td></tr>}
        </tbody>
      </table>
    </div>
  );
});

function wordsOf(t: T, s: Stretch): string {
  if (s.band) return t(`short.${s.band}`);
  return s.absent ? sentence(t("timeline.absent")) : t("timeline.gap", { reasons: brief(t, s.reasons) });
}
