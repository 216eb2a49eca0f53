// The mouse on the timeline: click to go there, drag to select, drag on the ruler or the playhead to scrub, wheel to zoom, sideways to pan.
import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import { pan, type Span, zoom } from "../../../lib/view";
import { type Geometry, GUTTER, laneAt, RIBBON, RULER, usAt, xOf } from "./geometry";

export type Hover = { us: number; x: number; lane: number | null };

type Given = {
  root: RefObject<HTMLElement | null>; scroller: RefObject<HTMLElement | null>; geometry: Geometry; whole: Span; us: number; lanes: number; overflows: boolean; enabled: boolean;
  onSpan: (span: Span) => void; onSeek: (us: number) => void; onLane: (lane: number) => void; onBrush: (span: Span | null) => void;
};
type Drag = { kind: "maybe" | "brush" | "scrub" | "pan"; startX: number; startUs: number; span: Span; lane: number | null };

const FAR_ENOUGH_PX = 4;

export function usePointer(given: Given) {
  const [hover, setHover] = useState<Hover | null>(null);
  const drag = useRef<Drag | null>(null);
  const latest = useRef(given);
  latest.current = given;

  // React's wheel listeners are passive, so they could not keep the page from scrolling.
  useEffect(() => {
    const root = given.root.current;
    if (!root) return;
    let pending: { factor: number; by: number; x: number } | null = null;
    const apply = (): void => {
      const { geometry, whole, onSpan } = latest.current;
      if (!pending) return;
      const zoomed = pending.factor === 1 ? geometry.span : zoom(geometry.span, whole, pending.factor, usAt(geometry, pending.x));
      const perPixel = (zoomed.to - zoomed.from) / Math.max(1, geometry.size.width - GUTTER);
      onSpan(pending.by === 0 ? zoomed : pan(zoomed, whole, pending.by * perPixel));
      pending = null;
    };
    const onWheel = (event: WheelEvent): void => {
      const { enabled, overflows, scroller } = latest.current;
      if (!enabled) return;
      event.preventDefault();
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      const zooming = event.ctrlKey || event.metaKey || (!overflows && !event.shiftKey);
      if (!zooming && !event.shiftKey && scroller.current) scroller.current.scrollTop += event.deltaY;
      const x = event.clientX - root.getBoundingClientRect().left;
      if (!pending) requestAnimationFrame(apply);
      pending ??= { factor: 1, by: 0, x };
      pending.x = x;
      pending.by += sideways;
      if (zooming) pending.factor *= Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004);
    };
    root.addEventListener("wheel", onWheel, { passive: false });
    return () => root.removeEventListener("wheel", onWheel);
  }, [given.root]);

  const place = (event: PointerEvent): { x: number; y: number; us: number } => {
    const box = latest.current.root.current?.getBoundingClientRect();
    const x = event.clientX - (box?.left ?? 0);
    const { geometry, whole } = latest.current;
    return { x, y: event.clientY - (box?.top ?? 0), us: Math.min(Math.max(usAt(geometry, x), whole.from), whole.to) };
  };

  const onPointerDown = (event: PointerEvent): void => {
    const { geometry, us, lanes, onSeek } = latest.current;
    const at = place(event);
    if (!given.enabled || at.x < GUTTER - 6 || event.button > 1) return;
    const onRuler = at.y < RIBBON || at.y > geometry.size.height - RULER;
    const onHead = Math.abs(at.x - xOf(geometry, us)) < 6;
    const kind = event.button === 1 || event.altKey ? "pan" : onRuler || onHead ? "scrub" : "maybe";
    drag.current = { kind, startX: at.x, startUs: at.us, span: geometry.span, lane: laneAt(geometry, at.y, lanes) };
    event.currentTarget.setPointerCapture?.(event.pointerId);
    if (kind === "scrub") onSeek(at.us);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const { geometry, whole, lanes, onBrush, onSeek, onSpan } = latest.current;
    const at = place(event);
    const d = drag.current;
    if (!d) return setHover(at.x < GUTTER ? null : { us: at.us, x: at.x, lane: laneAt(geometry, at.y, lanes) });
    setHover(null);
    if (d.kind === "maybe" && Math.abs(at.x - d.startX) > FAR_ENOUGH_PX) d.kind = "brush";
    if (d.kind === "brush") onBrush({ from: Math.min(d.startUs, at.us), to: Math.max(d.startUs, at.us) });
    if (d.kind === "scrub") onSeek(at.us);
    if (d.kind === "pan") onSpan(pan(d.span, whole, ((d.startX - at.x) / Math.max(1, geometry.size.width - GUTTER)) * (d.span.to - d.span.from)));
  };
  const onPointerUp = (event: PointerEvent): void => {
    const d = drag.current;
    drag.current = null;
    if (d?.kind !== "maybe") return;
    const { onBrush, onSeek, onLane } = latest.current;
    onBrush(null);
    onSeek(place(event).us);
    if (d.lane !== null) onLane(d.lane);
  };
  return { hover, handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: () => (drag.current = null), onPointerLeave: () => setHover(null) } };
}
