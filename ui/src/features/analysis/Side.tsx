// The right column: the verdict stays, the rest scrolls.
import { useQuery } from "@tanstack/react-query";
import { memo, type Ref, useMemo } from "react";
import { useBackend } from "../../app/context";
import { AutosaveNote } from "../../components/AutosaveNote";
import { Disclosure } from "../../components/parts";
import { useWords } from "../../i18n";
import type { Integrity } from "../../ipc/bindings";
import { ExplainSection } from "./evidence/ExplainSection";
import { Ladders } from "./evidence/Ladders";
import type { Heat } from "./evidence/useHeat";
import { FileFacts, RunFacts } from "./FileFacts";
import { FilesLikeThis } from "./FilesLikeThis";
import { IntegrityNotice } from "./IntegrityNotice";
import { PeopleList } from "./people/PeopleList";
import type { Explaining } from "./scan/useExplain";
import type { Seen, Subject } from "./subject";
import { Validations } from "./Validations";
import { VerdictCard } from "./VerdictCard";

type Props = {
  subject: Subject; people: Seen[]; selected: number | null; onSelect: (track: number | null) => void; integrity: Integrity | null; onStop: () => void;
  noteShown: boolean; noteRef: Ref<HTMLDivElement>; explaining: Explaining; heat: Heat; onSeek: (us: number) => void;
};

export const Side = memo(function Side({ subject, people, selected, onSelect, integrity, onStop, noteShown, noteRef, explaining, heat, onSeek }: Props) {
  const { t } = useWords();
  const backend = useBackend();
  const { view } = subject;
  const { data: models = [] } = useQuery({ queryKey: ["models"], queryFn: backend.listModels });
  const names = useMemo(() => new Map(models.map((m) => [m.id, m.name])), [models]);
  return (
    <aside className="side analysis__side" aria-label={t("analysis.side")}>
      <div className="side__fixed"><VerdictCard subject={subject} onStop={onStop} /></div>
      <div className="side__flow scroll">
        {view && <IntegrityNotice id={view.id} integrity={integrity} />}
        {view && !view.error && (
          <div className="side__limits">
            <Disclosure level={2} title={t("statement.limitsTitle")}><p>{t("statement.limits")}</p><p>{t("statement.editorial")}</p></Disclosure>
          </div>
        )}
        <PeopleList subject={subject} people={people} selected={selected} onSelect={onSelect} />
        {view && <ExplainSection view={view} integrity={integrity} names={names} selected={selected} explaining={explaining} heat={heat} onSeek={onSeek} onSelect={onSelect} />}
        {view && <Ladders view={view} names={names} />}
        {view && noteShown && (
          <div ref={noteRef}>
            <AutosaveNote key={view.id} label={t("analysis.noteLabel")} hint={t("analysis.noteHint")} initial={view.note} save={(note) => backend.saveAnalysisNote(view.id, note)} rows={3} />
          </div>
        )}
        {view && !view.error && <FilesLikeThis view={view} names={names} />}
        {view && !view.error && <Validations validations={view.validations} names={names} />}
        <FileFacts subject={subject} integrity={integrity} />
        {view && <RunFacts view={view} models={models} />}
      </div>
    </aside>
  );
});
