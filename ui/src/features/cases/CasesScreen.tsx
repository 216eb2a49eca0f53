// Cases: list on the left, the chosen one on the right. The search looks into names, files and notes.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Folder, FolderPlus } from "lucide-react";
import "./cases.css";
import { useState } from "react";
import { GridList, GridListItem } from "react-aria-components";
import { useBackend } from "../../app/context";
import { useNotices } from "../../app/notices";
import { go } from "../../app/route";
import { Button, IconButton } from "../../components/Button";
import { NameDialog } from "../../components/NameDialog";
import { Empty, SearchField } from "../../components/parts";
import { useWords } from "../../i18n";
import type { CaseSummary } from "../../ipc/bindings";
import { ago } from "../../lib/format";
import { CaseDetail } from "./CaseDetail";
import { SearchHits } from "./SearchHits";

export function CasesScreen({ id }: { id: number | null }) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useNotices();
  const [text, setText] = useState("");
  const [naming, setNaming] = useState(false);
  const { data: cases } = useQuery({ queryKey: ["cases"], queryFn: backend.listCases });
  const create = useMutation({
    mutationFn: backend.createCase, onError: fail,
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["cases"] });
      go({ page: "cases", id: made.id });
    },
  });
  const dialog = naming && <NameDialog title={t("cases.newTitle")} label={t("cases.nameLabel")} action={t("cases.create")} onClose={() => setNaming(false)} onName={(name) => create.mutate(name)} />;
  if (cases?.length === 0) {
    return (
      <>
        <Empty icon={FolderPlus} title={t("cases.empty")} text={t("cases.emptyText")}><Button look="primary" onPress={() => setNaming(true)}>{t("cases.new")}</Button></Empty>
        {dialog}
      </>
    );
  }
  return (
    <div className="split">
      <div className="split__list">
        <div className="split__head">
          <h1>{t("cases.title")}</h1>
          <IconButton label={t("cases.new")} onPress={() => setNaming(true)}><FolderPlus size={16} /></IconButton>
        </div>
        <div className="split__search"><SearchField label={t("cases.search")} value={text} onChange={setText} /></div>
        <div className="scroll split__rows">
          {text.trim() ? <SearchHits text={text.trim()} /> : <CaseList cases={cases ?? []} id={id} />}
        </div>
      </div>
      <div className="split__detail scroll">{id === null ? <Empty icon={Folder} title={t("cases.pick")} /> : <CaseDetail key={id} id={id} />}</div>
      {dialog}
    </div>
  );
}

function CaseList({ cases, id }: { cases: CaseSummary[]; id: number | null }) {
  const { t, lang } = useWords();
  return (
    <GridList
      className="list" aria-label={t("cases.list")} items={cases} selectionMode="single" selectionBehavior="replace" disallowEmptySelection={id !== null} selectedKeys={id === null ? [] : [id]}
      onSelectionChange={(keys) => keys !== "all" && [...keys].forEach((key) => go({ page: "cases", id: Number(key) }))}
    >
      {(c) => (
        <GridListItem id={c.id} textValue={c.name} className="list__row">
          <Folder size={16} aria-hidden="true" className="muted" />
          <span className="list__text"><b className="ellipsis">{c.name}</b><small>{t("cases.files", { count: c.files })} · {t("cases.updated", { when: ago(c.updatedAt, new Date(), lang) })}</small></span>
        </GridListItem>
      )}
    </GridList>
  );
}
