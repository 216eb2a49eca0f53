// Which method's heat maps lie over the picture, how opaque, and for which moments there are any.
import { useMemo, useState } from "react";
import type { AnalysisView } from "../../../ipc/bindings";
import { hasMap } from "../../../lib/explain";

export type Heat = {
  on: boolean; setOn: (on: boolean) => void; opacity: number; setOpacity: (opacity: number) => void;
  models: string[]; model: string; setModel: (model: string) => void;
  /** Times that have a map of this method, in order. */
  moments: number[];
};

/** Steps of the opacity. */
export const OPAQUE = 10;

export function useHeat(view: AnalysisView | null): Heat {
  const [on, setOn] = useState(false);
  const [opacity, setOpacity] = useState(6);
  const [chosen, setModel] = useState<string | null>(null);
  const explanations = view?.explanations;
  const models = useMemo(() => [...new Set((explanations ?? []).map((e) => e.model))], [explanations]);
  // Until one is chosen, the first that has a map to show.
  const model = (chosen !== null && models.includes(chosen) ? chosen : models.find((m) => explanations?.some((e) => e.model === m && hasMap(e)))) ?? models[0] ?? "";
  const moments = useMemo(() => [...new Set((explanations ?? []).filter((e) => e.model === model && hasMap(e)).map((e) => e.pts_us))].sort((a, b) => a - b), [explanations, model]);
  return { on, setOn, opacity, setOpacity, models, model, setModel, moments };
}
