// Every dialog of the window: focus is kept inside, Escape closes.
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useWords } from "../i18n";
import { Button } from "./Button";

type Props = { title: string; open: boolean; onClose: () => void; children: ReactNode; wide?: boolean; size?: "large"; alert?: boolean };

export function Dialog({ title, open, onClose, children, wide, size, alert }: Props) {
  return (
    <ModalOverlay className="overlay" isOpen={open} onOpenChange={(isOpen) => !isOpen && onClose()} isDismissable={!alert}>
      <Modal className={size ? `dialog dialog--${size}` : wide ? "dialog dialog--wide" : "dialog"}>
        <AriaDialog role={alert ? "alertdialog" : "dialog"}>
          <Heading slot="title" level={1}>{title}</Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

type ConfirmProps = { title: string; text: string; open: boolean; onClose: () => void; onConfirm: () => void; confirm: string; cancel?: string };

/** Asked before something is lost; the safe way out has the focus. */
export function Confirm({ title, text, open, onClose, onConfirm, confirm, cancel }: ConfirmProps) {
  const { t } = useWords();
  return (
    <Dialog title={title} open={open} onClose={onClose} alert>
      <p>{text}</p>
      <div className="actions actions--end">
        <Button autoFocus onPress={onClose}>{cancel ?? t("app.cancel")}</Button>
        <Button look="danger" onPress={() => { onClose(); onConfirm(); }}>{confirm}</Button>
      </div>
    </Dialog>
  );
}
