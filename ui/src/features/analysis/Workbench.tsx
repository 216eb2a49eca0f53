// Picture, transport, timeline and result of one subject, held together: one position, one person chosen, one stretch shown.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useBackend } from "../../app/context";
import { useKeys } from "../../app/keys";
import { useNotices } from "../../app/notices";
import { Button } from "../../components/Button";
import { useWords } from "../../i18n";
import { ReportDialog, type ReportKind } from "../handover/ReportDialog";
import { itemError } from "../../i18n/words";
import type { Integrity } from "../../ipc/bindings";
import { liveMoments, momentsOf, nextMoment } from "../../lib/stretches";
import { useStable } from "../../lib/useStable";
import { fit, follow, isWhole, type Span, zoom } from "../../lib/view";
import { AnalysisBar } from "./AnalysisBar";
import { useHeat } from "./evidence/useHeat";
import { useExplain } from "./scan/useExplain";
import { useRefine } from "./scan/useRefine";
import { Side } from "./Side";
import { Stage } from "./Stage";
import { peopleOf, type Subject } from "./subject";
import { Timeline } from "./timeline/Timeline";
import { TimelineTable } from "./timeline/TimelineTable";
import { Transport } from "./Transport";
import { useLanes } from "./useLanes";
import { useTransport } from "./useTransport";

type Props = { subject: Subject; integrity: Integrity | null; onStop: () => void };

export function Workbench({ subject, integrity, onStop }: Props) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { tell, fail } = useNotices();
  const { view, whole, still } = subject;
  const lanes = useLanes(subject);
  const seen = useMemo(() => lanes.lanes.all().map((l) => ({ track: l.track, firstUs: l.firstUs, lastUs: l.lastUs, crops: l.faces, usable: l.usable })), [lanes]);
  const people = useMemo(() => peopleOf(subject, seen), [subject.view, seen]);
  const times = useQuery({ queryKey: ["times", view?.id], queryFn: () => backend.frameTimes(view?.id ?? 0), enabled: view !== null && !still, staleTime: Infinity });
  const moves = useTransport({ times: times.data ?? null, frames: subject.frames, whole, live: view === null, still });
  const moments = useMemo(
    () => (view ? momentsOf(view.people) : liveMoments(lanes.lanes.all(), subject.thresholds[0] ?? null, lanes.lanes.longestStepUs)),
    [view, lanes, subject.thresholds],
  );

  const [selected, setSelected] = useState<number | null>(null);
  const [shown, setShown] = useState<Span | null>(null);
  const [brush, setBrush] = useState<Span | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [noteOpen, setNoteOpen] = useState(0);
  const noteRef = useRef<HTMLDivElement>(null);
  const heat = useHeat(view);
  const [reporting, setReporting] = useState<ReportKind | null>(null);
  const span = shown ? fit(shown, whole) : whole;
  const onSpan = useStable((next: Span): void => setShown(isWhole(next, whole) ? null : next));
  const stop = useStable(onStop);
  const openNote = useStable(() => setNoteOpen((n) => n + 1));

  // The playhead stays in sight while it moves by itself.
  useEffect(() => {
    if (shown && moves.playing) setShown((s) => s && follow(s, whole, moves.us));
  }, [moves.us, moves.playing, shown, whole]);
  useEffect(() => {
    if (noteOpen > 0) noteRef.current?.querySelector("textarea")?.focus();
  }, [noteOpen]);

  const seek = useStable((us: number): void => {
    moves.seek(us);
    setShown((s) => s && follow(s, whole, us));
  });
  const zoomBy = useStable((factor: number): void => onSpan(zoom(span, whole, factor, moves.us)));
  const next = useStable((): void => {
    const moment = nextMoment(moments, moves.us);
    if (!moment) return;
    seek(moment.us);
    setSelected(moment.track);
  });
  const choose = (n: number) => (): void => {
    const person = people[n - 1];
    if (person) setSelected((s) => (s === person.track ? null : person.track));
  };
  useKeys({
    Space: () => moves.canPlay && moves.toggle(),
    ArrowLeft: () => moves.step(-1), ArrowRight: () => moves.step(1),
    "Shift+ArrowLeft": () => seek(moves.us - 1e6), "Shift+ArrowRight": () => seek(moves.us + 1e6),
    Home: () => seek(0), End: () => seek(whole.to),
    n: next, "+": () => zoomBy(0.5), "=": () => zoomBy(0.5), "-": () => zoomBy(2), "0": () => setShown(null),
    h: () => heat.moments.length > 0 && heat.setOn(!heat.on),
    r: () => view && !view.error && setReporting("report"),
    Escape: () => { setBrush(null); setSelected(null); },
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), choose(n)])),
  });

  const explaining = useExplain(view?.id ?? null, () => {
    void client.invalidateQueries({ queryKey: ["analysis", view?.id] });
    tell(t("explain.done"));
  }, (error) => tell(error.code === "notFound" ? t("explain.needsFile") : t("statement.about", { headline: t("explain.title"), people: itemError(t, error) })), fail);
  const refine = useRefine(view?.id ?? null, () => {
    if (!view) return;
    void client.invalidateQueries({ queryKey: ["analysis", view.id] });
  }, fail);
  const frame = times.data ? moves.frameIndex : (subject.frames[moves.frameIndex]?.frame ?? 0);
  return (
    <div className={still ? "analysis analysis--still" : "analysis"}>
      <AnalysisBar name={subject.name} view={view} onNote={openNote} onReport={setReporting} />
      {view && reporting && <ReportDialog key={reporting} kind={reporting} view={view} onClose={() => setReporting(null)} />}
      <div className="analysis__left">
        <Stage subject={subject} frameUs={moves.frameUs} people={people} selected={selected} onSelect={setSelected} heat={heat} onSeek={seek} />
        {!still && (
          <>
            <Transport
              canPlay={moves.canPlay} playing={moves.playing} moments={moments.length} final={view !== null} canFollow={subject.job?.kind === "running" && !moves.following}
              onSeek={seek} onStep={moves.step} onToggle={moves.toggle} onNext={next} onFollow={moves.follow}
              frameUs={moves.frameUs} frame={frame} rate={subject.media?.frame_rate ?? null} whole={isWhole(span, whole)} asTable={asTable} onZoom={zoomBy} onTable={setAsTable}
            />
            <div className="analysis__time">
              {!asTable && (
                <Timeline
                  subject={subject} lanes={lanes} people={people} us={moves.us} frameIndex={frame} span={span} onSpan={onSpan} onSeek={moves.seek} selected={selected} onSelect={setSelected} brush={brush} onBrush={setBrush}
                  brushActions={view && brush && (
                    <Button small look="primary" isDisabled={refine.running || integrity === "missing" || integrity === "unreadable"} onPress={() => { refine.start(brush); setBrush(null); }}>{t("transport.every")}</Button>
                  )}
                />
              )}
              <TimelineTable subject={subject} lanes={lanes} people={people} hidden={!asTable} onSeek={seek} />
              {refine.running && <div className="refining" role="status">{t("analysis.refineRunning")}</div>}
            </div>
          </>
        )}
      </div>
      <Side subject={subject} people={people} selected={selected} onSelect={setSelected} integrity={integrity} onStop={stop} noteShown={noteOpen > 0 || Boolean(view?.note)} noteRef={noteRef} explaining={explaining} heat={heat} onSeek={seek} />
    </div>
  );
}
