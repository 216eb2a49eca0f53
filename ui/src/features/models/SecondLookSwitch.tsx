// Whether slow methods look again: one choice for all of them, in the settings and beside each.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useBackend, useInfo } from "../../app/context";
import { useNotices } from "../../app/notices";
import { Switch } from "../../components/parts";
import { useWords } from "../../i18n";
import type { ModelView } from "../../ipc/bindings";

export function SecondLookSwitch({ models }: { models: ModelView[] }) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useNotices();
  const { settings } = useInfo();
  const save = useMutation({
    mutationFn: (secondLook: boolean) => backend.saveSettings({ ...settings, secondLook }), onError: fail,
    onSuccess: (info) => {
      client.setQueryData(["info"], info);
      void client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  const slow = models.filter((m) => m.secondLook);
  if (slow.length === 0) return null;
  const ready = slow.every((m) => m.state === "verified" || m.state === "expired");
  const hint = slow.some((m) => m.state === "noEncoder") ? t("settings.secondLookMissing") : t("settings.secondLookHint");
  return <Switch label={t("settings.secondLook")} hint={hint} selected={settings.secondLook && ready} disabled={!ready} onChange={(on) => save.mutate(on)} />;
}
