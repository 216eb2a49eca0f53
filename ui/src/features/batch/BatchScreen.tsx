// The queue: everything that waits, runs or is done, in one table that stays quick with ten thousand rows.
import { Files, FolderOpen } from "lucide-react";
import "./batch.css";
import { useMemo, useState } from "react";
import { useQueue } from "../../app/context";
import { useIntake } from "../../app/intake";
import { Bar } from "../../app/Shell";
import { Button } from "../../components/Button";
import { Empty } from "../../components/parts";
import { useWords } from "../../i18n";
import { byArrival, type Filter, noFilter, type Sort, visibleRows } from "../../lib/queue";
import { BatchActions } from "./BatchActions";
import { BatchHead } from "./BatchHead";
import { QueueTable } from "./QueueTable";
import { SelectionBar } from "./SelectionBar";

export function BatchScreen() {
  const { t } = useWords();
  const { rows, counts, loaded } = useQueue();
  const intake = useIntake();
  const [filter, setFilter] = useState<Filter>(noFilter);
  const [sort, setSort] = useState<Sort>(byArrival);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const visible = useMemo(() => visibleRows(rows.values(), filter, sort), [rows, filter, sort]);
  const known = useMemo(() => new Set([...chosen].filter((id) => rows.has(id))), [chosen, rows]);
  if (loaded && counts.total === 0) {
    return (
      <Empty icon={Files} title={t("batch.empty")} text={t("batch.emptyText")}>
        <Button look="primary" onPress={intake.openFiles}>{t("home.openFiles")}</Button>
        <Button onPress={intake.openFolder}><FolderOpen size={15} aria-hidden="true" />{t("home.openFolder")}</Button>
      </Empty>
    );
  }
  return (
    <div className="batch">
      <Bar><BatchActions shown={() => visible.map((r) => r.id)} /></Bar>
      <BatchHead filter={filter} onFilter={setFilter} />
      <QueueTable rows={visible} sort={sort} onSort={setSort} chosen={known} onChoose={setChosen} onClear={() => setFilter(noFilter)} />
      <SelectionBar chosen={known} shown={visible.length} onDone={() => setChosen(new Set())} />
    </div>
  );
}
