// What does the work: detection methods and face finders, each with its card, its hash and its validation.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { BadgeCheck, Boxes, CircleAlert, Clock3, FileDown } from "lucide-react";
import "./models.css";
import { GridList, GridListHeader, GridListItem, GridListSection } from "react-aria-components";
import { useBackend } from "../../app/context";
import { useNotices } from "../../app/notices";
import { go } from "../../app/route";
import { Button } from "../../components/Button";
import { Empty } from "../../components/parts";
import { useWords } from "../../i18n";
import type { ModelState, ModelView } from "../../ipc/bindings";
import { ModelDetail } from "./ModelDetail";

export function ModelsScreen({ id }: { id: string | null }) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { tell, fail } = useNotices();
  const { data: models } = useQuery({ queryKey: ["models"], queryFn: backend.listModels });
  const load = useMutation({
    mutationFn: backend.importModel, onError: fail,
    onSuccess: (model) => {
      if (!model) return;
      void client.invalidateQueries({ queryKey: ["models"] });
      tell(t("models.imported", { name: model.name }));
      go({ page: "models", id: model.id });
    },
  });
  const button = <Button isDisabled={load.isPending} onPress={() => load.mutate()}><FileDown size={15} aria-hidden="true" />{load.isPending ? t("models.importing") : t("models.import")}</Button>;
  if (models?.length === 0) return <Empty icon={Boxes} title={t("models.empty")} text={t("models.emptyText")}>{button}</Empty>;
  const shown = models?.find((m) => m.id === id) ?? models?.[0];
  const groups = [
    { title: t("models.detectors"), items: (models ?? []).filter((m) => m.isScoring) },
    { title: t("models.helpers"), items: (models ?? []).filter((m) => !m.isScoring) },
  ].filter((g) => g.items.length > 0);
  return (
    <div className="split">
      <div className="split__list">
        <div className="split__head"><h1>{t("models.title")}</h1></div>
        <div className="scroll split__rows">
          <GridList
            className="list" aria-label={t("models.title")} selectionMode="single" selectionBehavior="replace" disallowEmptySelection={shown !== undefined} selectedKeys={shown ? [shown.id] : []}
            onSelectionChange={(keys) => keys !== "all" && [...keys].forEach((key) => go({ page: "models", id: String(key) }))}
          >
            {groups.map((g) => (
              <GridListSection key={g.title} id={g.title} aria-label={g.title}>
                <GridListHeader className="list__head">{g.title}</GridListHeader>
                {g.items.map((m) => (
                  <GridListItem key={m.id} id={m.id} textValue={m.name} className="list__row">
                    <StateMark state={m.state} />
                    <span className="list__text"><b className="ellipsis">{m.name}</b><small>{line(m)}</small></span>
                  </GridListItem>
                ))}
              </GridListSection>
            ))}
          </GridList>
        </div>
        <div className="split__foot">{button}</div>
      </div>
      <div className="split__detail scroll">{shown ? <ModelDetail key={shown.id} model={shown} all={models ?? []} /> : <Empty icon={Boxes} title={t("models.pick")} />}</div>
    </div>
  );

  function line(m: ModelView): string {
    return m.state === "verified" ? t(`models.task.${m.task}`) : t(`models.${m.state}`);
  }
}

export function StateMark({ state }: { state: ModelState }) {
  if (state === "verified") return <BadgeCheck size={16} aria-hidden="true" className="muted" />;
  return state === "expired" || state === "noEncoder" ? <Clock3 size={16} aria-hidden="true" className="state--expired" /> : <CircleAlert size={16} aria-hidden="true" className="state--bad" />;
}
