// The row between picture and timeline. Its buttons are drawn again only when what they do changes, not with every frame.
import { Locate, Maximize2, Pause, Play, SkipBack, StepBack, StepForward, Table2, ZoomIn, ZoomOut } from "lucide-react";
import { memo } from "react";
import { Button, IconButton, ToggleButton } from "../../components/Button";
import { useWords } from "../../i18n";
import { frameRate, timecode } from "../../lib/format";

type ButtonsProps = {
  canPlay: boolean; playing: boolean; moments: number; final: boolean; canFollow: boolean; onSeek: (us: number) => void; onStep: (frames: number) => void; onToggle: () => void; onNext: () => void; onFollow: () => void;
};

const Buttons = memo(function Buttons({ canPlay, playing, moments, final, canFollow, onSeek, onStep, onToggle, onNext, onFollow }: ButtonsProps) {
  const { t } = useWords();
  return (
    <>
      <IconButton label={t("transport.start")} isDisabled={!canPlay} onPress={() => onSeek(0)}><SkipBack size={15} /></IconButton>
      <IconButton label={t("transport.back")} keys="←" isDisabled={!canPlay} onPress={() => onStep(-1)}><StepBack size={15} /></IconButton>
      <IconButton label={playing ? t("transport.pause") : t("transport.play")} keys={t("help.space")} isDisabled={!canPlay} onPress={onToggle}>
        {playing ? <Pause size={16} fill="currentColor" /> : <Play size={16} fill="currentColor" />}
      </IconButton>
      <IconButton label={t("transport.forward")} keys="→" isDisabled={!canPlay} onPress={() => onStep(1)}><StepForward size={15} /></IconButton>
      <Button isDisabled={moments === 0} onPress={onNext}>{moments === 0 && final ? t("transport.noNext") : t("transport.next")} <span className="key" aria-hidden="true">N</span></Button>
      {canFollow && <Button look="quiet" onPress={onFollow}><Locate size={15} aria-hidden="true" />{t("transport.follow")}</Button>}
    </>
  );
});

type ViewProps = { whole: boolean; asTable: boolean; onZoom: (factor: number) => void; onTable: (on: boolean) => void };

const View = memo(function View({ whole, asTable, onZoom, onTable }: ViewProps) {
  const { t } = useWords();
  return (
    <>
      <IconButton label={t("timeline.zoomOut")} keys="−" isDisabled={whole} onPress={() => onZoom(2)}><ZoomOut size={15} /></IconButton>
      <IconButton label={t("timeline.zoomIn")} keys="+" onPress={() => onZoom(0.5)}><ZoomIn size={15} /></IconButton>
      <IconButton label={t("timeline.fit")} keys="0" isDisabled={whole} onPress={() => onZoom(Infinity)}><Maximize2 size={15} /></IconButton>
      <ToggleButton isSelected={asTable} onChange={onTable}><Table2 size={15} aria-hidden="true" />{t("timeline.table")}</ToggleButton>
    </>
  );
});

type Props = ButtonsProps & ViewProps & { frameUs: number; frame: number; rate: string | null };

export function Transport({ frameUs, frame, rate, whole, asTable, onZoom, onTable, ...buttons }: Props) {
  const { t, lang } = useWords();
  return (
    <div className="transport" role="toolbar" aria-label={t("transport.label")}>
      <Buttons {...buttons} />
      <span className="spacer" />
      <span className="mono muted transport__time">
        {timecode(frameUs, lang)}
        <span className="transport__more"> · {t("transport.frame", { n: frame })}{rate ? ` · ${t("transport.fps", { fps: frameRate(rate, lang) })}` : ""}</span>
      </span>
      <span className="spacer" />
      <View whole={whole} asTable={asTable} onZoom={onZoom} onTable={onTable} />
    </div>
  );
}
