import { useState } from "react";
import { Form, Input, Label, TextField } from "react-aria-components";
import { useWords } from "../i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

type Props = { title: string; label: string; action: string; initial?: string; onClose: () => void; onName: (name: string) => void };

/** Asks for one name. Mounted while it is asked. */
export function NameDialog({ title, label, action, initial = "", onClose, onName }: Props) {
  const { t } = useWords();
  const [name, setName] = useState(initial);
  const submit = (): void => {
    if (!name.trim()) return;
    onClose();
    onName(name.trim());
  };
  return (
    <Dialog title={title} open onClose={onClose}>
      <Form onSubmit={(e) => { e.preventDefault(); submit(); }}>
        <TextField className="field" value={name} onChange={setName} autoFocus maxLength={200}>
          <Label>{label}</Label>
          <Input className="input" />
        </TextField>
        <div className="actions actions--end dialog__end">
          <Button onPress={onClose}>{t("app.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={!name.trim()}>{action}</Button>
        </div>
      </Form>
    </Dialog>
  );
}
