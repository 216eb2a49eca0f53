import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FileWarning } from "lucide-react";
import { useBackend } from "../../app/context";
import { useNotices } from "../../app/notices";
import { Button } from "../../components/Button";
import { Notice } from "../../components/parts";
import { useWords } from "../../i18n";
import type { Integrity } from "../../ipc/bindings";

/** Shown only when the file is not what it was; a good file is one quiet line among the facts. */
export function IntegrityNotice({ id, integrity }: { id: number; integrity: Integrity | null }) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { tell, fail } = useNotices();
  const set = (now: Integrity | null): void => {
    if (now === null) return;
    client.setQueryData(["integrity", id], now);
    void client.invalidateQueries({ queryKey: ["analysis", id] });
    if (now === "changed") tell(t("integrity.notSame"));
  };
  const locate = useMutation({ mutationFn: () => backend.locateEvidence(id), onSuccess: set, onError: fail });
  const again = useMutation({ mutationFn: () => backend.checkIntegrity(id), onSuccess: set, onError: fail });
  if (integrity !== "changed" && integrity !== "missing" && integrity !== "unreadable") return null;
  return (
    <Notice tone="warn" icon={FileWarning} live>
      <strong>{t(`integrity.${integrity}`)}</strong>
      <p>{t(`integrity.${integrity}Text`)}</p>
      <div className="actions">
        <Button small onPress={() => locate.mutate()}>{t("integrity.locate")}</Button>
        <Button small look="quiet" isDisabled={again.isPending} onPress={() => again.mutate()}>{t("integrity.again")}</Button>
      </div>
    </Notice>
  );
}
