// The picture as the core decoded it, with corner brackets around the faces.
import { ImageOff } from "lucide-react";
import { memo, useRef } from "react";
import { useBackend } from "../../app/context";
import { useWords } from "../../i18n";
import type { VerdictCode } from "../../ipc/bindings";
import { type Box, boxesAt, contain, corners } from "../../lib/boxes";
import { mapsAt } from "../../lib/explain";
import { preciseClock } from "../../lib/format";
import { HeatControls } from "./evidence/HeatControls";
import { type Heat, OPAQUE } from "./evidence/useHeat";
import type { Seen, Subject } from "./subject";
import { useLatestImage } from "./useLatestImage";
import { useSize } from "./useSize";

type Props = { subject: Subject; frameUs: number; people: Seen[]; selected: number | null; onSelect: (track: number | null) => void; heat: Heat; onSeek: (us: number) => void };

export const personClass = (track: number): string => `person-${(track % 8) + 1}`;

export const Stage = memo(function Stage({ subject, frameUs, people, selected, onSelect, heat, onSeek }: Props) {
  const { t, lang } = useWords();
  const backend = useBackend();
  const ref = useRef<HTMLDivElement>(null);
  const size = useSize(ref);
  const { media } = subject;
  const wanted = Math.min(media?.width ?? 1920, Math.max(320, Math.ceil((size.width * (window.devicePixelRatio || 1)) / 320) * 320));
  const ready = size.width > 0 && (subject.still || subject.frames.length > 0 || subject.view !== null);
  const { src, about, failed } = useLatestImage(ready ? backend.frameUrl(`${subject.pictures}/at/${frameUs}?w=${wanted}`) : null, frameUs);
  const place = media ? contain(media, size) : null;
  // Where the faces are in the picture that is seen, which may be a moment behind the one wanted.
  const boxes = boxesAt(subject.frames, failed || about === null ? frameUs : about, subject.stepUs * 2.5);
  // A map belongs to one frame only; in a photo there is no other.
  const maps = mapsAt(subject.view?.explanations ?? [], failed || about === null || subject.still ? frameUs : about, heat.model);
  const alt = subject.still ? t("analysis.still") : t("analysis.stageAlt", { time: preciseClock(frameUs, lang) });
  return (
    <div className="stage" ref={ref} role="group" aria-label={t("analysis.stage")}>
      {src && <img src={src} alt={alt} draggable={false} className="stage__picture" />}
      {failed && !src && <p className="stage__none"><ImageOff size={20} aria-hidden="true" />{t("analysis.noPicture")}</p>}
      {place && size.width > 0 && (
        <svg className="stage__boxes" width={size.width} height={size.height} aria-hidden="true">
          {heat.on && maps.map((map) => <HeatMap key={map.place} rect={map.about.crop} place={place} src={backend.frameUrl(`${subject.pictures}/heat/${map.place}`)} opacity={heat.opacity / OPAQUE} />)}
          {boxes.map((box) => (
            <Bracket key={box.track} box={box} place={place} label={label(box)} selected={box.track === selected} onClick={() => onSelect(box.track === selected ? null : box.track)} />
          ))}
        </svg>
      )}
      <HeatControls heat={heat} here={maps.map((map) => map.about)} still={subject.still} onSeek={onSeek} />
    </div>
  );

  function label(box: Box): string {
    const name = t("people.one", { n: box.track + 1 });
    const code: VerdictCode | undefined = people.find((p) => p.track === box.track)?.person?.verdict.code;
    return code === "suspected" ? `${name} · ${t("short.suspected").toLowerCase()}` : name;
  }
});

/** Over the square that the method saw. */
function HeatMap({ rect: [x, y, w, h], place, src, opacity }: { rect: Box["rect"]; place: ReturnType<typeof contain>; src: string; opacity: number }) {
  return <image className="heat__map" href={src} x={place.x + x * place.scale} y={place.y + y * place.scale} width={w * place.scale} height={h * place.scale} preserveAspectRatio="none" opacity={opacity} />;
}

type BracketProps = { box: Box; place: ReturnType<typeof contain>; label: string; selected: boolean; onClick: () => void };

function Bracket({ box, place, label, selected, onClick }: BracketProps) {
  const [x, y, w, h] = box.rect;
  const rect: Box["rect"] = [place.x + x * place.scale, place.y + y * place.scale, w * place.scale, h * place.scale];
  const width = label.length * 6.7 + 14;
  const top = rect[1] - 24 < place.y ? rect[1] + rect[3] + 5 : rect[1] - 24;
  const kind = ["bracket", personClass(box.track), selected && "bracket--selected", !box.usable && "bracket--unusable"].filter(Boolean).join(" ");
  return (
    <g className={kind} onClick={onClick}>
      <rect x={rect[0]} y={rect[1]} width={rect[2]} height={rect[3]} fill="transparent" />
      <path className="bracket__shade" d={corners(rect, 24)} />
      <path d={corners(rect, 24)} />
      <rect className="bracket__label" x={rect[0]} y={top} width={width} height={19} rx={4} />
      <text x={rect[0] + 7} y={top + 13.5}>{label}</text>
    </g>
  );
}
