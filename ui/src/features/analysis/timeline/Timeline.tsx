// A lane per person over time, one playhead through all. The canvas is for the eye; the same is there as a table.
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import "./timeline.css";
import { useShownTheme } from "../../../app/themeContext";
import { Button } from "../../../components/Button";
import { useWords } from "../../../i18n";
import { thresholdOf } from "../../../lib/bands";
import { clock, preciseClock } from "../../../lib/format";
import type { Lanes } from "../../../lib/lanes";
import { isWhole, type Span } from "../../../lib/view";
import { personClass } from "../Stage";
import type { Seen, Subject } from "../subject";
import { useSize } from "../useSize";
import { type Geometry, GUTTER, laneHeight, lanesHeight, laneTop, plotWidth, RIBBON, RULER, xOf } from "./geometry";
import { HoverCard } from "./HoverCard";
import { paint, type PaintedLane } from "./paint";
import { type Palette, readPalette } from "./palette";
import { ScrollStrip } from "./ScrollStrip";
import { usePointer } from "./usePointer";

type Props = {
  subject: Subject; lanes: { lanes: Lanes }; people: Seen[]; us: number; frameIndex: number; span: Span; onSpan: (span: Span) => void; onSeek: (us: number) => void;
  selected: number | null; onSelect: (track: number | null) => void; brush: Span | null; onBrush: (span: Span | null) => void; brushActions: ReactNode;
};

export function Timeline(props: Props) {
  const { subject, lanes: { lanes }, people, us, span, onSpan, onSeek, selected, onSelect, brush, onBrush } = props;
  const { t, lang } = useWords();
  const theme = useShownTheme();
  const root = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const palettes = useRef<{ theme: string; palette: Palette } | null>(null);
  const size = useSize(root);
  const [scrollTop, setScrollTop] = useState(0);
  const lane = laneHeight(size, people.length);
  const geometry: Geometry = { size, span, scrollTop, lane };
  const covered = subject.view ? subject.whole.to : lanes.coveredUs;
  const total = lanesHeight(lane, people.length);
  const overflows = total > size.height - RIBBON - RULER;

  const painted = useMemo<PaintedLane[]>(() => people.flatMap((p) => {
    const lane = lanes.byTrack.get(p.track);
    if (!lane) return [];
    return { lane, gaps: lane.gapsUntil(covered, lanes.longestStepUs), threshold: thresholdOf(p.person, subject.thresholds), colour: "", dimmed: selected !== null && selected !== p.track };
  }), [props.lanes, people, covered, selected, subject.thresholds]);

  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || size.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (element.width !== width || element.height !== height) [element.width, element.height] = [width, height];
    if (palettes.current?.theme !== theme) palettes.current = { theme, palette: readPalette(element) };
    const { palette } = palettes.current;
    const coloured = painted.map((p) => ({ ...p, colour: palette.people[p.lane.track % 8] as string }));
    paint(context, {
      geometry, palette, ratio, lanes: coloured, cuts: lanes.cuts, coveredUs: covered, wholeUs: subject.whole.to, longestStepUs: lanes.longestStepUs,
      shotName: (n) => t("timeline.shot", { n }), refined: subject.view?.refined ?? [],
    });
  }, [painted, size, span, scrollTop, lane, theme, covered, t]);

  // The font arrives after the first painting.
  const [, setFonts] = useState(false);
  useEffect(() => void document.fonts?.ready.then(() => setFonts(true)), []);

  const { hover, handlers } = usePointer({
    root, scroller, geometry, whole: subject.whole, us, lanes: people.length, overflows, enabled: !subject.still, onSpan, onSeek, onBrush,
    onLane: (i) => onSelect(people[i]?.track ?? null),
  });
  const inSight = us >= span.from && us <= span.to;
  const valueText = `${preciseClock(us, lang)}, ${t("transport.frame", { n: props.frameIndex })}`;
  return (
    <div className="timeline" ref={root} role="group" aria-label={t("timeline.label")} {...handlers}>
      <canvas ref={canvas} className="timeline__canvas" id="timeline-canvas" role="img" aria-label={t("timeline.summary", { count: people.length })} />
      <div className="timeline__scroll" ref={scroller} onScroll={(e) => setScrollTop(e.currentTarget.scrollTop)}>
        <div className="timeline__rows" style={{ height: total }}>
          {people.map((p, i) => (
            <button
              key={p.track} type="button" className={`lane-number ${personClass(p.track)}`} style={{ top: laneTop(lane, i) + lane / 2 - 13 }} aria-pressed={p.track === selected}
              aria-label={t("people.one", { n: p.track + 1 })} onClick={() => onSelect(p.track === selected ? null : p.track)}
            >{p.track + 1}</button>
          ))}
        </div>
      </div>
      {people.length === 0 && <p className="timeline__empty">{subject.view ? t("timeline.noPerson") : t("timeline.empty")}</p>}
      {brush && <div className="timeline__brush" style={{ left: Math.max(GUTTER, xOf(geometry, brush.from)), width: Math.max(0, Math.min(GUTTER + plotWidth(geometry), xOf(geometry, brush.to)) - Math.max(GUTTER, xOf(geometry, brush.from))) }} />}
      {!subject.still && (
        <div
          className={inSight ? "playhead" : "playhead playhead--out"} role="slider" tabIndex={0} aria-label={t("timeline.position")} aria-orientation="horizontal"
          aria-valuemin={0} aria-valuemax={Math.round(subject.whole.to / 1e6)} aria-valuenow={Math.round(us / 1e6)} aria-valuetext={valueText}
          style={{ transform: `translateX(${Math.min(Math.max(xOf(geometry, us), GUTTER - 20), size.width)}px)` }}
        />
      )}
      {hover && !brush && size.width > 0 && <HoverCard hover={hover} subject={subject} lanes={lanes} people={people} width={size.width} covered={covered} />}
      {brush && (
        <div className="brush-bar" onPointerDown={(e) => e.stopPropagation()} onPointerMove={(e) => e.stopPropagation()}>
          <span className="mono">{t("timeline.selected", { from: clock(brush.from), to: clock(brush.to) })}</span>
          {props.brushActions}
          <Button small onPress={() => { onSpan(brush); onBrush(null); }}>{t("timeline.zoomTo")}</Button>
          <Button small look="quiet" onPress={() => onBrush(null)}>{t("timeline.clear")}</Button>
        </div>
      )}
      {!isWhole(span, subject.whole) && <ScrollStrip span={span} whole={subject.whole} onSpan={onSpan} />}
    </div>
  );
}
