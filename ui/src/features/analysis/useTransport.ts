// Where one is in the recording, and how one moves: play, step, jump. While an analysis runs it follows until one moves oneself.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { FramePoint } from "../../ipc/bindings";
import { lastAtMost } from "../../lib/search";
import type { Span } from "../../lib/view";

export type Transport = {
  us: number;
  frameUs: number;
  frameIndex: number;
  playing: boolean;
  following: boolean;
  canPlay: boolean;
  seek: (us: number) => void;
  toggle: () => void;
  step: (frames: number) => void;
  skip: (us: number) => void;
  follow: () => void;
};

type Given = { times: number[] | null; frames: FramePoint[]; whole: Span; live: boolean; still: boolean };

export function useTransport({ times, frames, whole, live, still }: Given): Transport {
  const [us, setUs] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [moved, setMoved] = useState(false);
  const following = live && !moved;
  const head = frames.at(-1)?.ptsUs ?? 0;
  // When the analysis ends the playhead stays where it had followed to.
  const followed = useRef(0);
  if (following) followed.current = head;
  const now = Math.min(moved ? us : followed.current, whole.to);
  const sampled = useMemo(() => frames.map((f) => f.ptsUs), [frames]);
  const all = times && times.length > 0 ? times : sampled;
  const index = Math.max(0, lastAtMost(now, all.length, (i) => all[i] as number));
  const frameUs = all[index] ?? 0;
  const latest = useRef({ now, all, index, whole });
  latest.current = { now, all, index, whole };

  const seek = useCallback((to: number) => {
    setMoved(true);
    setUs(Math.min(Math.max(to, 0), latest.current.whole.to));
  }, []);
  const step = useCallback((by: number) => {
    const { all: list, index: at } = latest.current;
    setPlaying(false);
    seek(list[Math.min(Math.max(at + by, 0), list.length - 1)] ?? 0);
  }, [seek]);
  const skip = useCallback((by: number) => seek(latest.current.now + by), [seek]);
  const toggle = useCallback(() => {
    const { now: at, all: list } = latest.current;
    if (at >= (list.at(-1) ?? 0)) seek(0);
    else seek(at);
    setPlaying((p) => !p);
  }, [seek]);
  const follow = useCallback(() => {
    setPlaying(false);
    setMoved(false);
  }, []);

  useEffect(() => {
    if (!playing) return;
    let request = 0;
    let before = performance.now();
    const tick = (time: number): void => {
      const { now: at, all: list } = latest.current;
      const end = list.at(-1) ?? 0;
      const next = at + (time - before) * 1000;
      before = time;
      setUs(Math.min(next, end));
      if (next >= end) setPlaying(false);
      else request = requestAnimationFrame(tick);
    };
    request = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(request);
  }, [playing]);

  return { us: now, frameUs, frameIndex: index, playing, following, canPlay: !still && all.length > 1, seek, toggle, step, skip, follow };
}
