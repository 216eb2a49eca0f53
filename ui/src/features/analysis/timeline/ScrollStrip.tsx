// Shown while zoomed in: which part of the whole is seen, to be dragged along or moved with the arrows.
import { type PointerEvent, useRef } from "react";
import { useWords } from "../../../i18n";
import { clock } from "../../../lib/format";
import { length, pan, type Span } from "../../../lib/view";

export function ScrollStrip({ span, whole, onSpan }: { span: Span; whole: Span; onSpan: (span: Span) => void }) {
  const { t } = useWords();
  const strip = useRef<HTMLDivElement>(null);
  const grabbed = useRef<{ x: number; span: Span } | null>(null);
  const share = (us: number): string => `${(us / length(whole)) * 100}%`;
  const onMove = (event: PointerEvent): void => {
    event.stopPropagation();
    const g = grabbed.current;
    if (g && strip.current) onSpan(pan(g.span, whole, ((event.clientX - g.x) / strip.current.clientWidth) * length(whole)));
  };
  return (
    <div
      className="strip" ref={strip} role="scrollbar" tabIndex={0} aria-label={t("timeline.scroll")} aria-controls="timeline-canvas" aria-orientation="horizontal" aria-valuemin={0} aria-valuemax={100}
      aria-valuenow={Math.round((span.from / Math.max(1, length(whole) - length(span))) * 100)} aria-valuetext={`${clock(span.from)} – ${clock(span.to)}`}
      onPointerDown={(e) => { e.stopPropagation(); grabbed.current = { x: e.clientX, span }; e.currentTarget.setPointerCapture?.(e.pointerId); }}
      onPointerMove={onMove} onPointerUp={(e) => { e.stopPropagation(); grabbed.current = null; }}
      onKeyDown={(e) => {
        const by = { ArrowLeft: -0.2, ArrowRight: 0.2, PageUp: -0.9, PageDown: 0.9 }[e.key];
        if (by) onSpan(pan(span, whole, by * length(span)));
      }}
    >
      <span style={{ left: share(span.from), width: share(length(span)) }} />
    </div>
  );
}
