import { Pause, Play, SkipBack, StepBack, StepForward, Table2, ZoomIn, ZoomOut, Maximize2, Locate } from "lucide-react";
import { Button, IconButton, ToggleButton } from "../../components/Button";
import { useWords } from "../../i18n";
import { frameRate, timecode } from "../../lib/format";
import { isWhole, type Span, zoom } from "../../lib/view";
import type { Subject } from "./subject";
import type { Transport as Moves } from "./useTransport";

type Props = {
  subject: Subject; moves: Moves; frame: number; moments: number; onNext: () => void; span: Span; onSpan: (span: Span) => void; asTable: boolean; onTable: (on: boolean) => void;
};

export function Transport({ subject, moves, frame, moments, onNext, span, onSpan, asTable, onTable }: Props) {
  const { t, lang } = useWords();
  const rate = subject.media?.frame_rate;
  return (
    <div className="transport" role="toolbar" aria-label={t("transport.label")}>
      <IconButton label={t("transport.start")} isDisabled={!moves.canPlay} onPress={() => moves.seek(0)}><SkipBack size={15} /></IconButton>
      <IconButton label={t("transport.back")} keys="←" isDisabled={!moves.canPlay} onPress={() => moves.step(-1)}><StepBack size={15} /></IconButton>
      <IconButton label={moves.playing ? t("transport.pause") : t("transport.play")} keys={t("help.space")} isDisabled={!moves.canPlay} onPress={moves.toggle}>
        {moves.playing ? <Pause size={16} fill="currentColor" /> : <Play size={16} fill="currentColor" />}
      </IconButton>
      <IconButton label={t("transport.forward")} keys="→" isDisabled={!moves.canPlay} onPress={() => moves.step(1)}><StepForward size={15} /></IconButton>
      <Button isDisabled={moments === 0 || subject.still} onPress={onNext}>{moments === 0 && subject.view ? t("transport.noNext") : t("transport.next")} <span className="key" aria-hidden="true">N</span></Button>
      {subject.job?.kind === "running" && !moves.following && <Button look="quiet" onPress={moves.follow}><Locate size={15} aria-hidden="true" />{t("transport.follow")}</Button>}
      <span className="spacer" />
      <span className="mono muted transport__time">
        {timecode(moves.frameUs, lang)} · {t("transport.frame", { n: frame })}{rate ? ` · ${t("transport.fps", { fps: frameRate(rate, lang) })}` : ""}
      </span>
      <span className="spacer" />
      <IconButton label={t("timeline.zoomOut")} keys="−" isDisabled={subject.still || isWhole(span, subject.whole)} onPress={() => onSpan(zoom(span, subject.whole, 2, moves.us))}><ZoomOut size={15} /></IconButton>
      <IconButton label={t("timeline.zoomIn")} keys="+" isDisabled={subject.still} onPress={() => onSpan(zoom(span, subject.whole, 0.5, moves.us))}><ZoomIn size={15} /></IconButton>
      <IconButton label={t("timeline.fit")} keys="0" isDisabled={subject.still || isWhole(span, subject.whole)} onPress={() => onSpan(subject.whole)}><Maximize2 size={15} /></IconButton>
      <ToggleButton isSelected={asTable} onChange={onTable}><Table2 size={15} aria-hidden="true" />{t("timeline.table")}</ToggleButton>
    </div>
  );
}
