// What is under the pointer: the time, the picture, and for a person the band or why there is nothing.
import { useBackend } from "../../../app/context";
import { type T, useWords } from "../../../i18n";
import { brief } from "../../../i18n/words";
import { bandOf, thresholdOf } from "../../../lib/bands";
import { preciseClock } from "../../../lib/format";
import type { Lanes } from "../../../lib/lanes";
import { lastAtMost } from "../../../lib/search";
import type { Seen, Subject } from "../subject";
import { useLatestImage } from "../useLatestImage";
import type { Hover } from "./usePointer";

type Props = { hover: Hover; subject: Subject; lanes: Lanes; people: Seen[]; width: number; covered: number };

const CARD_PX = 176;

export function HoverCard({ hover, subject, lanes, people, width, covered }: Props) {
  const { t, lang } = useWords();
  const backend = useBackend();
  const i = lastAtMost(hover.us, subject.frames.length, (k) => subject.frames[k]?.ptsUs ?? 0);
  const at = subject.frames[Math.max(0, i)]?.ptsUs;
  const { src } = useLatestImage(at === undefined || hover.us > covered ? null : backend.frameUrl(`${subject.pictures}/at/${at}?w=160`), at);
  const person = hover.lane === null ? undefined : people[hover.lane];
  return (
    <div className="hover-card" style={{ left: Math.min(Math.max(hover.x - CARD_PX / 2, 8), width - CARD_PX - 8) }} aria-hidden="true">
      {src && hover.us <= covered && <img src={src} alt="" />}
      <span className="mono">{preciseClock(hover.us, lang)}</span>
      {person && <span>{t("people.one", { n: person.track + 1 })}: {wordsAt(t, hover.us, person, subject, lanes, covered)}</span>}
    </div>
  );
}

export function wordsAt(t: T, us: number, person: Seen, subject: Subject, lanes: Lanes, covered: number): string {
  if (us > covered) return t("timeline.notYet");
  const lane = lanes.byTrack.get(person.track);
  const gap = lane?.gapsUntil(covered, lanes.longestStepUs).find((g) => us > g.from && us < g.to);
  if (gap) return gap.absent ? t("timeline.absent") : t("timeline.gap", { reasons: brief(t, gap.reasons) });
  const threshold = thresholdOf(person.person, subject.thresholds);
  const score = lane?.near(us, lanes.longestStepUs);
  return score == null || !threshold ? t("timeline.absent") : t(`short.${bandOf(score, threshold)}`).toLowerCase();
}
