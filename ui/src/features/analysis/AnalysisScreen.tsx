// One analysis: stored, or running and then stored without leaving the screen.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FileSearch } from "lucide-react";
import "./analysis.css";
import { useEffect, useMemo } from "react";
import { useBackend, useQueue } from "../../app/context";
import { useNotices } from "../../app/notices";
import { go, type Route } from "../../app/route";
import { Button } from "../../components/Button";
import { Empty } from "../../components/parts";
import { useWords } from "../../i18n";
import { commandError } from "../../ipc/errors";
import { useJob } from "./scan/useJob";
import { liveSubject, storedSubject } from "./subject";
import { Workbench } from "./Workbench";

type Of = Extract<Route, { page: "analysis" }>["of"];

export function AnalysisScreen({ of }: { of: Of }) {
  const { t } = useWords();
  if (!of) {
    return (
      <Empty icon={FileSearch} title={t("analysis.none")} text={t("analysis.noneText")}>
        <Button look="primary" onPress={() => go({ page: "home" })}>{t("analysis.goHome")}</Button>
      </Empty>
    );
  }
  return <Opened key={`${of.kind}${of.id}`} of={of} />;
}

function Opened({ of }: { of: NonNullable<Of> }) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { rows } = useQueue();
  const { fail } = useNotices();
  const queueId = of.kind === "job" ? of.id : null;
  const job = useJob(queueId);
  const analysis = of.kind === "stored" ? of.id : job.kind === "done" ? job.analysis : null;
  const stored = useQuery({ queryKey: ["analysis", analysis], queryFn: () => backend.openAnalysis(analysis ?? 0), enabled: analysis !== null });
  const models = useQuery({ queryKey: ["models"], queryFn: backend.listModels });
  const checked = useQuery({ queryKey: ["integrity", analysis], queryFn: () => backend.checkIntegrity(analysis ?? 0), enabled: stored.data?.integrity === "checking", staleTime: Infinity });
  useEffect(() => {
    if (job.kind === "done") void client.invalidateQueries({ queryKey: ["recent"] });
  }, [job.kind, client]);

  const name = (queueId !== null && rows.get(queueId)?.name) || "";
  const subject = useMemo(() => {
    if (stored.data) return storedSubject(stored.data);
    return queueId === null ? null : liveSubject(queueId, name, job, models.data ?? []);
  }, [stored.data, queueId, name, job, models.data]);

  if (stored.error) return <Empty icon={FileSearch} title={t(`error.${commandError(stored.error).code}`)}><Button onPress={() => go({ page: "home" })}>{t("analysis.goHome")}</Button></Empty>;
  if (!subject) return <p className="empty" role="status">{t("analysis.loading")}</p>;
  const integrity = client.getQueryData<typeof checked.data>(["integrity", analysis]) ?? checked.data ?? stored.data?.integrity ?? null;
  return <Workbench subject={subject} integrity={integrity} onStop={() => void backend.cancelQueued(queueId === null ? [] : [queueId]).catch(fail)} />;
}
