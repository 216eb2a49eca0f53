// How files come in: dropped, opened by dialog, or handed over at the start. What would be skipped is said before it starts.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { SelectionDialog } from "../features/home/SelectionDialog";
import { PackageDialog } from "../features/handover/PackageDialog";
import type { PackageForm, Selection } from "../ipc/bindings";
import { useBackend } from "./context";
import { useNotices } from "./notices";
import { current, go } from "./route";

type Intake = { hover: Selection | null; openFiles: () => void; openFolder: () => void; openPackage: (form: PackageForm) => void };

const IntakeContext = createContext<Intake | null>(null);

export function useIntake(): Intake {
  const intake = useContext(IntakeContext);
  if (!intake) throw new Error("no intake");
  return intake;
}

const openCase = (): number | null => {
  const route = current();
  return route.page === "cases" ? route.id : null;
};

export function IntakeProvider({ children }: { children: ReactNode }) {
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useNotices();
  const [hover, setHover] = useState<Selection | null>(null);
  const [asked, setAsked] = useState<{ selection: Selection; caseId: number | null } | null>(null);

  const [toCheck, setToCheck] = useState<Selection | null>(null);

  const start = useCallback(async (selection: Selection, caseId: number | null) => {
    try {
      const ids = await backend.enqueue(selection.id, caseId);
      void client.invalidateQueries({ queryKey: ["cases"] });
      const [only] = ids;
      if (ids.length === 1 && only !== undefined) go({ page: "analysis", of: { kind: "job", id: only } });
      else if (ids.length > 1) go({ page: "batch" });
    } catch (error) {
      fail(error);
    }
  }, [backend, client, fail]);

  const take = useCallback((selection: Selection | null) => {
    if (!selection) return;
    setHover(null);
    if (selection.package !== null) return setToCheck(selection);
    const caseId = openCase();
    if (selection.skippedCount > 0 || selection.images + selection.videos === 0) setAsked({ selection, caseId });
    else void start(selection, caseId);
  }, [start]);

  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const stops = [backend.onSelectionHover(setHover), backend.onSelection((s) => latest.current(s))];
    void backend.takeSelection().then((s) => latest.current(s), fail);
    return () => stops.forEach((stop) => stop());
  }, [backend, fail]);

  const value = useMemo<Intake>(() => ({
    hover,
    openFiles: () => void backend.pickFiles().then(take, fail),
    openFolder: () => void backend.pickFolder().then(take, fail),
    openPackage: (form) => void backend.pickPackage(form).then(take, fail),
  }), [hover, backend, take, fail]);

  return (
    <IntakeContext value={value}>
      {children}
      {toCheck && <PackageDialog key={toCheck.id} selection={toCheck} onClose={() => setToCheck(null)} />}
      {asked && (
        <SelectionDialog
          selection={asked.selection} caseId={asked.caseId} onClose={() => setAsked(null)}
          onStart={(caseId) => { setAsked(null); void start(asked.selection, caseId); }}
        />
      )}
    </IntakeContext>
  );
}
